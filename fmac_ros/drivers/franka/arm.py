"""A Franka arm over libfranka, through franky.

franky's own thread answers the arm at 1 kHz. A motion that is sent while another one runs
replaces it from what the arm is commanded at that moment, so that the commands stay smooth.
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from fmac_ros.drivers.franka.motion import Dynamics, Share, Waypoint, stopping

REALTIME = ("enforce", "ignore")
# libfranka's filter on top of a motion that is jerk-limited already only delays it, and makes the
# first steps of a replacing motion depend on when the arm's last state came.
NO_FILTER = 1000.0  # [Hz]
RECOVERY_PATIENCE = 1.0  # [s]
SPACING = 0.01  # [s] of the arm's time between two motions
PATIENCE = 1.0  # [s] for that to pass
WELL = ("Idle", "Move")  # modes in which the arm can be moved
STILL = 1e-4  # [rad/s]
THERE = 1e-5  # [rad] from the target


class ArmError(RuntimeError):
    """The arm does not do what it was asked for; the text says why."""


class ConnectionLost(ArmError):
    """The arm cannot be reached."""


@dataclass(frozen=True)
class ArmState:
    """What the arm reports.

    Attributes:
        time: of the arm, since its start [s]; a state that is read twice has the same.
        positions, velocities, efforts: (7,) measured [rad, rad/s, N m].
        commanded: (7,) positions that it is commanded [rad].
        commanded_velocities: (7,) and how they change [rad/s].
        mode: the arm's own word, such as Idle, Move, Reflex or UserStopped.
        errors: what it complains of, empty if nothing.
    """

    time: float
    positions: np.ndarray
    velocities: np.ndarray
    efforts: np.ndarray
    commanded: np.ndarray
    commanded_velocities: np.ndarray
    mode: str
    errors: tuple[str, ...]

    @property
    def in_trouble(self) -> str:
        """What keeps the arm from moving, empty if nothing."""
        if self.errors:
            return f"the arm reports {', '.join(self.errors)}"
        return "" if self.mode in WELL else f"the arm is in mode {self.mode}"

    @property
    def stands(self) -> bool:
        """Whether the arm is told to stand still."""
        return float(np.max(np.abs(self.commanded_velocities))) < STILL


class FrankaArm:
    """One connected arm.

    Args:
        address: its name or IP address.
        realtime: ``enforce`` needs a real-time kernel; ``ignore`` is for a simulated arm.
        dynamics: limits of its motions; where franky's own are tighter, they hold.
        hold: how long the last target is held under control before the arm is let go [s].

    Raises:
        ArmError: franky-control is not installed, or the arm refuses.
        ConnectionLost: the arm cannot be reached.
    """

    def __init__(self, address: str, realtime: str, dynamics: Dynamics, hold: float) -> None:
        try:
            import franky  # libfranka, which only a host with an arm needs
        except ImportError as error:
            raise ArmError(
                f"franky-control is not installed: pip install franky-control ({error})"
            ) from error
        self._franky: Any = franky
        self._dynamics = dynamics
        self._moved = 0.0  # [s] of the arm's time, when the last motion was started
        self._hold = franky.Duration(round(hold * 1000))
        config = (
            franky.RealtimeConfig.Enforce
            if realtime == "enforce"
            else (franky.RealtimeConfig.Ignore)
        )
        self._robot: Any = self._call(lambda: franky.Robot(address, realtime_config=config))
        for limit, wanted in (
            (self._robot.joint_velocity_limit, dynamics.velocity),
            (self._robot.joint_acceleration_limit, dynamics.acceleration),
            (self._robot.joint_jerk_limit, dynamics.jerk),
        ):
            limit.set(np.minimum(wanted, limit.max))

    def state(self) -> ArmState:
        """The newest state; ConnectionLost if none comes."""
        try:
            state = self._call(lambda: self._robot.state)
        except ArmError as error:
            raise ConnectionLost(str(error)) from error  # whatever it is: nothing is known
        return ArmState(
            time=state.time.to_sec(),
            positions=np.array(state.q),
            velocities=np.array(state.dq),
            efforts=np.array(state.tau_J),
            commanded=np.array(state.q_d),
            commanded_velocities=np.array(state.dq_d),
            mode=state.robot_mode.name,
            errors=_errors(state.current_errors),
        )

    def follow(self, points: list[Waypoint], share: Share) -> None:
        """Go on from the commanded state through the waypoints; ArmError if the arm refuses.

        Args:
            share: part of the limits to move with. A least duration would do as well, but franky
                plans anew when that is over, and planning to where the arm is already can fail.
        """
        state = self.state()
        if state.stands and np.max(np.abs(points[-1].position - state.commanded)) < THERE:
            return
        franky = self._franky
        motion = franky.JointWaypointMotion(
            [
                franky.JointWaypoint(
                    franky.JointState(point.position, point.velocity),
                    hold_target_duration=self._hold if point is points[-1] else franky.Duration(0),
                )
                for point in points
            ],
            franky.RelativeDynamicsFactor(share.velocity, share.acceleration, 1.0),
        )
        self._move(motion)

    def stop(self) -> None:
        """Come to rest within the limits, if the arm is moving."""
        state = self.state()
        if self._robot.is_in_control and not state.stands:
            # franky's own stop goes back to where it was told; this comes to rest ahead.
            velocities = state.commanded_velocities
            self.follow([stopping(state.commanded, velocities, self._dynamics)], Share())

    def check(self) -> None:
        """Raise ArmError if a motion was broken off since the last call."""
        self._call(lambda: self._robot.poll_motion())

    def recover(self) -> None:
        """Let the arm leave a reflex; ArmError if it does not."""
        try:
            self.check()
        except ConnectionLost:
            raise
        except ArmError:
            pass  # the motion that ended in the reflex
        self._call(lambda: self._robot.recover_from_errors())
        end = time.monotonic() + RECOVERY_PATIENCE  # its answer looks at a state of before
        while self.state().in_trouble:
            if time.monotonic() > end:
                raise ArmError("the arm did not recover; see Desk, and release its stop button")
            time.sleep(0.01)

    def close(self) -> None:
        """End the connection: an arm takes one client at a time."""
        self._robot = None
        gc.collect()

    def _move(self, motion: Any) -> None:
        """Start a motion, but not within the first steps of the one before.

        Those are commanded with more than the planned acceleration, and a motion that goes on from
        there would add its own.
        """
        end = time.monotonic() + PATIENCE
        while (now := self.state().time) < self._moved + SPACING and self._robot.is_in_control:
            if time.monotonic() > end:
                raise ArmError("the arm's time stands still")
            time.sleep(1e-3)
        self._moved = now
        self._call(lambda: self._robot.move(motion, asynchronous=True, cutoff_frequency=NO_FILTER))

    def _call(self, function: Any) -> Any:
        franky = self._franky
        try:
            return function()
        except franky.NetworkException as error:
            raise ConnectionLost(str(error)) from error
        except (
            franky.ControlException,
            franky.CommandException,
            franky.InvalidOperationException,
            franky.IncompatibleVersionException,
            franky.RealtimeException,
            franky.ProtocolException,
            RuntimeError,
        ) as error:
            raise ArmError(str(error)) from error


def _errors(errors: Any) -> tuple[str, ...]:
    names = (name for name in dir(type(errors)) if not name.startswith("_"))
    return tuple(name for name in names if getattr(errors, name) is True)
