"""What stands between commands and a Franka arm: checks, arming, faults, a watchdog."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fmac_ros.control.gate import DISARMED, MAX_AGE
from fmac_ros.control.watchdog import Watchdog
from fmac_ros.drivers.franka.arm import ArmError, ArmState, ConnectionLost
from fmac_ros.drivers.franka.motion import Dynamics, Share, Waypoint, waypoints
from fmac_ros.drivers.franka.way import Way, fault
from fmac_ros.robots import RobotConfig

RETRY_PERIOD = 2.0  # [s] between two tries to connect
STOP_PATIENCE = 2.0  # [s] for an arm to come to rest when the driver ends
NO_ARM = "no connection to the arm"


class Arm(Protocol):
    """The part of FrankaArm that the driver uses."""

    def state(self) -> ArmState: ...
    def follow(self, points: list[Waypoint], share: Share) -> None: ...
    def stop(self) -> None: ...
    def check(self) -> None: ...
    def recover(self) -> None: ...
    def close(self) -> None: ...


@dataclass
class Counts:
    """Commands followed and refused, and holds because none came, since the start."""

    followed: int = 0
    refused: int = 0
    silences: int = 0


class Driver:
    """Follows what is safe while it is armed; anything else stops the arm and tells why.

    It starts disarmed, and every fault disarms it. Nothing but ``arm(True)`` arms it.

    Args:
        robot: limits and names.
        connect: makes the connection; ArmError if there is none.
        command_timeout: silence after a command that holds the arm [s].

    Attributes:
        reason: why the arm may not move, empty if it may.
        counts: what was done so far.
    """

    def __init__(
        self, robot: RobotConfig, connect: Callable[[], Arm], command_timeout: float
    ) -> None:
        self._robot = robot
        self._connect = connect
        self._dynamics = Dynamics.of(robot)
        self._command_timeout = command_timeout
        self._watchdog = Watchdog(command_timeout)
        self._arm: Arm | None = None
        self._tried = -np.inf  # [s]
        self._armed = False
        self._fault = NO_ARM
        self._commanded = np.zeros(robot.size)
        self.counts = Counts()

    @property
    def ready(self) -> bool:
        """Whether the arm may move now."""
        return self._armed and not self._fault

    @property
    def reason(self) -> str:
        """Why it may not, empty if it may."""
        return self._fault or ("" if self._armed else DISARMED)

    def tick(self, now: float) -> ArmState | None:
        """Look after the arm; its state, None without one. Call often, ``now`` [s] monotonic."""
        if self._arm is None and not self._connected(now):
            return None
        assert self._arm is not None
        try:
            state = self._arm.state()
            self._look_after(state, now)
            return state
        except ConnectionLost as error:
            self._lose(str(error))
            return None

    def command(self, way: Way, age: float, now: float) -> str:
        """Follow a way that was sent ``age`` [s] ago; why not, if it is refused."""
        refusal = self._refusal(way, age) or self._follow(way.since(age))
        if refusal:
            self.counts.refused += 1
        else:
            self.counts.followed += 1
            self._watch(way, now)
        return refusal

    def _watch(self, way: Way, now: float) -> None:
        """A way that ends in time needs no watching: franky brings the arm to rest at its end."""
        if way.times[-1] > self._command_timeout:
            self._watchdog.feed(now)
        else:
            self._watchdog.rest()

    def arm(self, wanted: bool) -> str:
        """Arm or disarm; why not, if it is refused."""
        if not wanted:
            self._disarm("")
            return ""
        if self._fault:
            return self._fault
        self._armed = True
        return ""

    def recover(self) -> str:
        """Let the arm leave a reflex, for an operator; why not, if it does not. Arms nothing."""
        self._disarm("")
        if self._arm is None:
            return NO_ARM
        try:
            self._arm.recover()
            self._fault = self._arm.state().in_trouble
        except ConnectionLost as error:
            self._lose(str(error))
        except ArmError as error:
            self._fault = str(error).splitlines()[0]
        return self._fault

    def close(self) -> None:
        """Bring the arm to rest and let it go."""
        self._disarm("")
        end = time.monotonic() + STOP_PATIENCE
        try:
            while self._arm is not None and time.monotonic() < end:
                if self._arm.state().mode != "Move":
                    break
                time.sleep(0.01)
                self._arm.check()
        except ArmError:
            pass  # it is not moving for us any more
        self._drop()

    def _drop(self) -> None:
        arm, self._arm = self._arm, None
        if arm is not None:
            arm.close()

    def _connected(self, now: float) -> bool:
        if now - self._tried < RETRY_PERIOD:
            return False
        try:
            self._arm = self._connect()
        except ArmError as error:
            self._fault = f"{NO_ARM}: {str(error).splitlines()[0]}"
        self._tried = time.monotonic()
        if self._arm is not None:
            self._fault = ""
        return self._arm is not None

    def _look_after(self, state: ArmState, now: float) -> None:
        assert self._arm is not None
        self._commanded = state.commanded
        self._judge(state)
        try:
            self._arm.check()
            if self._watchdog.bites(now):
                self.counts.silences += 1
                self._arm.stop()
        except ConnectionLost:
            raise
        except ArmError as error:
            self._disarm(str(error).splitlines()[0])

    def _judge(self, state: ArmState) -> None:
        """Disarm where the arm itself is in trouble; see whether a trouble is over."""
        trouble = state.in_trouble
        if trouble:
            self._disarm(trouble)
        elif not self._armed:
            self._fault = ""

    def _refusal(self, way: Way, age: float) -> str:
        if not self.ready:
            return self.reason
        if not abs(age) <= MAX_AGE:
            return f"it was sent {age:.2f} s ago, valid: {MAX_AGE} s at most"
        return fault(way, self._commanded, self._robot)

    def _follow(self, way: Way) -> str:
        assert self._arm is not None
        try:
            share = self._dynamics.share(way, self._commanded)
            self._arm.follow(waypoints(way, self._dynamics.within(share)), share)
        except ValueError as error:
            return str(error)
        except ConnectionLost as error:
            self._lose(str(error))
        except ArmError as error:
            self._disarm(str(error).splitlines()[0])
        return self.reason

    def _disarm(self, why: str) -> None:
        self._armed = False
        self._fault = why or self._fault
        self._watchdog.rest()
        if self._arm is None:
            return
        try:
            self._arm.stop()
        except ConnectionLost as error:
            self._lose(str(error))
        except ArmError:
            return  # the arm has stopped by itself

    def _lose(self, why: str) -> None:
        self._drop()
        self._armed = False
        self._watchdog.rest()
        self._fault = f"{NO_ARM}: {why}"
