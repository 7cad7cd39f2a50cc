"""One motion to a pose as a state machine: fed observations, it yields commands."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import numpy as np

from fmac_ros.control import gate as gates
from fmac_ros.control.controller import ArmController, Command
from fmac_ros.control.planner import NoPathError, Path
from fmac_ros.control.ride import MOST_SHARE, Ride
from fmac_ros.control.trajectory import MotionState, Trajectory, stop
from fmac_ros.types import Observation

SLOW = 0.1  # share of the limits on a line out of a violation
AHEAD = 2.5  # [control periods] that a command moves on before it brakes
STILL = 0.05  # [rad/s], and slower counts as at rest
ARRIVED = 0.02  # [rad] from the pose
SETTLE_TIME = 2.0  # [s] for the arm to come to where it was told
MOST_PLANS = 10
CANCELLED = "cancelled by the client"
# What may pass while the arm stands: then the way is planned again from where it stands.
PASSING = (gates.PAUSED, gates.STALE_OBSERVATION, gates.CLOCK_MISMATCH, gates.NO_TRAJECTORY)
BY_A_PERSON = "the arm does not move before a person arms it"

FindPath = Callable[[np.ndarray], "Future[Path]"]


def lasting_fault(controller: ArmController) -> str:
    """Why the arm must not move until a person lets it, empty if it may or is only paused."""
    fault = controller.interlock.fault
    return f"{fault}: {BY_A_PERSON}" if fault and fault not in PASSING else ""


class Move:
    """Waits until the arm stands, has a way found, follows it line by line, waits for the arm.

    Each command goes a little further along the way and ends at rest, so that an arm whose
    commander falls silent stops by itself, on the planned way.

    Args:
        controller: the gate that every command passes.
        find: starts to look for a way from joint positions (n,); NoPathError where there is none.
        speed: share of the robot's limits to move with.
        readies: bring the gripper to how an episode begins: open where the action space has it,
            else closed.

    Attributes:
        ended: no more commands.
        error: why it ended short of the pose; empty if it is there.
        waits_for: what holds it up, one of gate.REASONS or empty.
    """

    def __init__(
        self, controller: ArmController, find: FindPath, speed: float, readies: bool = False
    ) -> None:
        self.ended = False
        self.error = ""
        self.waits_for = ""
        self._controller = controller
        self._find = find
        self._speed = min(speed, MOST_SHARE)
        self._readies = readies
        self._ahead = AHEAD / controller.robot.control_rate_hz
        self._stage: Callable[[Observation, float], Command | None] = self._settle
        self._plans = 0
        self._start = np.zeros(0)
        self._goal = np.zeros(0)
        self._way: Future[Path] | None = None
        self._rides: list[Ride] = []
        self._lengths: list[float] = []
        self._now_on = 0  # index of the ride
        self._deadline = 0.0
        self._left = 1.0  # share of the motion at the last planning
        self.progress = 0.0

    def observe(self, observation: Observation, now: float) -> Command | None:
        """What to send at ``now`` [s] in answer to an observation, None for nothing."""
        self.look()
        return None if self.ended else self._stage(observation, now)

    def look(self) -> None:
        """End if the arm may not be moved any more; call between observations, too."""
        fault = lasting_fault(self._controller)
        if fault:
            self.finish(fault)

    def cancel(self) -> None:
        """Come to rest on the way, then end."""
        if self._stage == self._follow:
            self._stage = self._brake
        elif self._stage != self._come_to_rest:
            self.finish(CANCELLED)

    def finish(self, error: str = "") -> None:
        """End, well without an ``error``."""
        if not self.ended:
            self.ended, self.error = True, error
            self.progress = self.progress if error else 1.0

    @property
    def following(self) -> bool:
        """A command is due with every observation."""
        return not self.ended and self._stage == self._follow

    def _settle(self, observation: Observation, now: float) -> None:
        """Wait until the arm stands and may move, then look for a way."""
        controller = self._controller
        fault = controller.observation_fault(observation, now) or controller.interlock.fault
        if fault and fault not in PASSING:
            self.finish(fault)
        self.waits_for = fault
        moving = np.max(np.abs(observation.joint_velocities), initial=0.0) > STILL
        if self.waits_for or moving or not controller.resting(now):
            return
        if self._plans == MOST_PLANS:
            self.finish(f"given up after {MOST_PLANS} interruptions")
            return
        self._plans += 1
        self._start = np.array(observation.joint_positions, float)
        self._seen, self._way = observation, self._find(self._start)
        self._stage = self._await_way

    def _await_way(self, observation: Observation, now: float) -> Command | None:
        assert self._way is not None
        if not self._way.done():
            return None
        try:
            path = self._way.result()
        except NoPathError as error:
            self.finish(str(error))
            return None
        fault = self._controller.observation_fault(observation, now)
        if fault or np.max(np.abs(observation.joint_positions - self._start)) > ARRIVED:
            self._stage = self._settle  # it was moved meanwhile
            return None
        # Its own first pose is commanded: what the sensors have jittered since is not on the way.
        self._controller.reset(self._seen)
        if self._readies:
            self._controller.ready_gripper()
        self._take(path)
        self._stage = self._follow
        return self._follow(observation, now)

    def _take(self, path: Path) -> None:
        robot, points = self._controller.robot, path.waypoints
        self._goal = points[-1]
        self._lengths = path.lengths.tolist()
        self._rides = [
            Ride(robot, start, end, min(SLOW, self._speed) if slow else self._speed)
            for start, end, slow in zip(points[:-1], points[1:], path.slow, strict=True)
        ]
        self._now_on, self._left = 0, 1.0 - self.progress

    def _follow(self, observation: Observation, now: float) -> Command | None:
        command = self._controller.follow(observation, self._piece, now)
        if command.held:
            self._held(command)
        elif self._now_on == len(self._rides):
            self._deadline = now + SETTLE_TIME
            self._stage = self._arrive
        return command

    def _held(self, command: Command) -> None:
        self.look()
        if command.reason in PASSING:
            self.waits_for = command.reason
            self._stage = self._settle
        else:
            detail = f": {command.detail}" if command.detail else ""
            self.finish(f"{command.reason}{detail}")

    def _piece(self, state: MotionState, scaling: float) -> Trajectory:
        """The next piece of the way; standing still at its end."""
        while self._now_on < len(self._rides) and self._rides[self._now_on].ended(state):
            self._now_on += 1
        self._count(state)
        if self._now_on == len(self._rides):
            return stop(self._controller.robot, state)
        return self._rides[self._now_on].next(state, self._ahead, scaling)

    def _count(self, state: MotionState) -> None:
        behind, total = sum(self._lengths[: self._now_on]), sum(self._lengths)
        if self._now_on < len(self._rides):
            behind += self._rides[self._now_on].done(state) * self._lengths[self._now_on]
        share = behind / total if total else 1.0
        self.progress = max(self.progress, 1.0 - self._left * (1.0 - share))

    def _arrive(self, observation: Observation, now: float) -> None:
        """Wait until the arm has come to where it was told."""
        off = np.abs(observation.joint_positions - self._goal)
        still = np.max(np.abs(observation.joint_velocities), initial=0.0) <= STILL
        if np.max(off) <= ARRIVED and still:
            self.finish()
        elif observation.stamp > self._deadline:  # what was seen before may still have moved
            worst = int(np.argmax(off))
            name = self._controller.robot.joint_names[worst]
            self.finish(
                f"the arm was told to rest at the pose, but {name} is {off[worst]:.3f} rad off"
                f"{'' if still else ' and the arm moves'}; look for what holds or moves it"
            )

    def _brake(self, observation: Observation, now: float) -> Command:
        """Brake on the way, instead of going on."""

        def piece(state: MotionState, scaling: float) -> Trajectory:
            on_the_way = self._now_on < len(self._rides)
            ride = self._rides[self._now_on] if on_the_way else None
            return ride.next(state, 0.0) if ride else stop(self._controller.robot, state)

        command = self._controller.follow(observation, piece, now)
        self._stage = self._come_to_rest
        return command

    def _come_to_rest(self, observation: Observation, now: float) -> None:
        still = np.max(np.abs(observation.joint_velocities), initial=0.0) <= STILL
        if still and self._controller.resting(now):
            self.finish(CANCELLED)
