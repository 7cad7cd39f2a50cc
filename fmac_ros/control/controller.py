"""From an action to a joint trajectory that is safe to send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fmac_ros.control import gate as gates
from fmac_ros.control.actions import UnreachableError, make_action_space
from fmac_ros.control.collision import Collisions
from fmac_ros.control.course import Course
from fmac_ros.control.following import FollowWatch
from fmac_ros.control.gate import Gate, finite_vector
from fmac_ros.control.gripper import CLOSED, OPEN, opening_of, wanted_opening
from fmac_ros.control.interlock import Interlock
from fmac_ros.control.kinematics import Kinematics
from fmac_ros.control.proprio import proprio
from fmac_ros.control.trajectory import MotionState, PlanError, Trajectory, plan
from fmac_ros.robots import RobotConfig
from fmac_ros.types import Observation

# The next piece of a planned motion: from the commanded state, at the robot's speed scaling.
# Raises PlanError where there is none.
Piece = Callable[[MotionState, float], Trajectory]

AT_REST = 0.03  # [rad] by which an arm may be beside where it was stopped
CLOCK_FAULTS = (gates.STALE_OBSERVATION, gates.CLOCK_MISMATCH)


@dataclass(frozen=True)
class Command:
    """What to send, and the action it stands for.

    Attributes:
        trajectory: starts at the time of the command.
        action: (a,) float32 in [-1, 1], the action that passed the gate.
        held: the arm is brought to rest instead of doing the action.
        reason: why it is held, one of gate.REASONS; else empty.
        detail: more about the reason, for people.
        opening: what the gripper is brought to, from 0, closed, to 1, open; None where it is
            left alone.
        start: time at which the trajectory starts [s], of the controller's clock.
    """

    trajectory: Trajectory
    action: np.ndarray
    held: bool
    reason: str
    detail: str = ""
    opening: float | None = None
    start: float = 0.0


class ArmController:
    """Turns actions into trajectories through the gate, each going on from the last one.

    Args:
        robot: the arm.
        action_space: one of actions.ACTION_SPACES.
        max_age: oldest observation to act on [s].
        urdf: URDF text to use instead of the robot's own, such as /robot_description.
        interlock: who may move the arm; None for an arm that is always armed.
        follow_timeout: how long the arm may stand still while it is sent elsewhere before it is
            disarmed [s]; 0 for as long as it likes.
    """

    def __init__(
        self,
        robot: RobotConfig,
        action_space: str = "ee_delta",
        max_age: float = gates.MAX_AGE,
        urdf: str | None = None,
        interlock: Interlock | None = None,
        follow_timeout: float = 0.0,
    ) -> None:
        self._robot = robot
        self._interlock = interlock if interlock is not None else Interlock()
        self._kinematics = Kinematics(robot, urdf)
        self._collisions = Collisions(robot, urdf)
        self.space = make_action_space(action_space, self._kinematics, robot)
        self._gate = Gate(robot, self._kinematics, max_age, self.space.gripper)
        self._following = FollowWatch(follow_timeout)
        self._opening: float | None = None
        self._was_stopped = False
        self._course = Course(robot, self._kinematics, self._collisions)

    @property
    def kinematics(self) -> Kinematics:
        """Kinematics of the arm."""
        return self._kinematics

    @property
    def collisions(self) -> Collisions:
        """Self-collision and table collision of the arm."""
        return self._collisions

    @property
    def robot(self) -> RobotConfig:
        """The arm, within the limits that hold."""
        return self._robot

    @property
    def interlock(self) -> Interlock:
        """Who may move the arm."""
        return self._interlock

    def observation_fault(self, observation: Observation, now: float) -> str:
        """Reason not to act on an observation at ``now`` [s], empty if there is none."""
        return self._gate.observation_fault(observation, now)

    def resting(self, now: float) -> bool:
        """Whether the last motion that was commanded is over at ``now`` [s]."""
        return self._course.over(now)

    def ready_gripper(self) -> None:
        """Have the gripper as an episode begins, from the next command on until reset().

        Open where actions move it, else closed.
        """
        self._opening = OPEN if self.space.gripper else CLOSED

    def reset(self, observation: Observation) -> None:
        """Take the measured pose, at rest, for the commanded state; ValueError if not finite."""
        if self.space.gripper:
            fingers = observation.finger_positions
            if not finite_vector(fingers, len(self._robot.gripper_joint_names)):
                raise ValueError(f"cannot reset: {gates.NO_FINGERS}")
            self._opening = opening_of(self._robot, fingers)
        if not finite_vector(observation.joint_positions, self._robot.size):
            raise ValueError(f"cannot reset: {gates.BAD_OBSERVATION}")
        if not self.space.gripper:
            self._opening = None
        self._following.reset()
        self._course.stand(observation)

    def proprio(self, observation: Observation) -> np.ndarray:
        """(p,) float32: tool tip position [m] and velocity [m/s], then the gripper's opening.

        The opening only where the action space has the gripper.
        """
        values = proprio(self._kinematics, observation)
        if not self.space.gripper:
            return values
        if not np.all(np.isfinite(observation.finger_positions)):
            raise ValueError(gates.NO_FINGERS)
        opening = opening_of(self._robot, observation.finger_positions)
        return np.append(values, np.float32(opening))

    def command(self, observation: Observation, action: np.ndarray, now: float) -> Command:
        """Check an action (a,) at time ``now`` [s] and plan it, or bring the arm to rest.

        Raises:
            RuntimeError: before the first reset().
        """
        start, now, held = self._begun(observation, now)
        if held is not None:
            return held
        return self._act(start, np.asarray(observation.joint_positions, float), action, now)

    def follow(self, observation: Observation, piece: Piece, now: float) -> Command:
        """Check the next piece of a planned motion at ``now`` [s] as command() checks an action.

        Raises:
            RuntimeError: before the first reset().
        """
        start, now, held = self._begun(observation, now)
        if held is not None:
            return held
        measured = np.asarray(observation.joint_positions, float)
        try:
            trajectory = piece(start, self._interlock.scaling)
        except PlanError as error:
            return self._hold(start, measured, now, gates.NO_TRAJECTORY, str(error))
        held = self._refused(trajectory, start, measured, now)
        if held is not None:
            return held
        passed = self.space.passed(measured, trajectory.positions[-1])
        return Command(trajectory, passed, False, "", opening=self._opening, start=now)

    def _begun(
        self, observation: Observation, now: float
    ) -> tuple[MotionState, float, Command | None]:
        """The commanded state and the time to go on from; with a hold where that must not be."""
        course = self._course
        now = now if np.isfinite(now) else course.motion.since
        fault = self._gate.observation_fault(observation, now)
        if fault in CLOCK_FAULTS and not course.under_way(now):
            return course.reached(now), now, self._leave(fault)
        if fault:
            start = course.reached(now)
            return start, now, self._hold(start, start.q, now, fault)
        now = max(now, observation.stamp)
        start = self._start(observation, now)
        measured = np.asarray(observation.joint_positions, float)
        fault = self._gate.start_fault(start, observation, now)
        if fault:
            return start, now, self._hold(course.seen(observation), measured, now, fault)
        if self._following.lost(observation.stamp, measured, start.q):
            self._interlock.disarm(gates.NOT_FOLLOWED)
        if self._interlock.fault:
            self._was_stopped = True
            return start, now, self._hold(start, measured, now, self._interlock.fault)
        return start, now, None

    def _refused(
        self, trajectory: Trajectory, start: MotionState, measured: np.ndarray, now: float
    ) -> Command | None:
        """A hold where the trajectory must not be sent, else None, and it is the last one sent."""
        reason, detail = self._course.fault(trajectory, start)
        if reason:
            return self._hold(start, measured, now, reason, detail)
        self._was_stopped = False
        self._course.go(now, trajectory)
        return None

    def _act(
        self, start: MotionState, measured: np.ndarray, action: np.ndarray, now: float
    ) -> Command:
        if not finite_vector(action, self.space.size):
            return self._hold(start, measured, now, gates.BAD_ACTION)
        try:
            target = self._scaled(measured, self.space.target(measured, action))
            verdict = self._gate.check(measured, target)
            if verdict.held:
                return self._hold(start, measured, now, verdict.reason)
            trajectory = plan(self._robot, start, verdict.q_target)
        except UnreachableError as error:
            return self._hold(start, measured, now, gates.UNREACHABLE, str(error))
        except PlanError as error:
            return self._hold(start, measured, now, gates.NO_TRAJECTORY, str(error))
        held = self._refused(trajectory, start, measured, now)
        if held is not None:
            return held
        passed = self.space.passed(measured, verdict.q_target)
        if self.space.gripper and self._opening is not None:
            passed[-1] = np.clip(action[-1], -1, 1)
            self._opening = wanted_opening(float(passed[-1]), self._opening)
        return Command(trajectory, passed, False, "", opening=self._opening, start=now)

    def _scaled(self, measured: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The target, nearer by the robot's speed scaling."""
        share = self._interlock.scaling
        return target if share == 1.0 else measured + share * (target - measured)

    def halt(self, now: float, reason: str) -> Command | None:
        """Bring a moving arm to rest at ``now`` [s], without an observation.

        None where the last motion is over: the arm may have been moved by others since. None, too,
        where the clock went back: it is not known how far that motion is, but it ends at rest.
        """
        if not self._course.under_way(now):
            return None
        start = self._course.reached(now)
        return self._hold(start, start.q, now, reason)

    def _hold(
        self, start: MotionState, measured: np.ndarray, now: float, reason: str, detail: str = ""
    ) -> Command:
        """Bring the arm to rest from ``start`` as fast as its limits allow."""
        self._following.reset()
        trajectory = self._course.rest(start, now, jumped=reason == gates.START_JUMP)
        self._course.go(now, trajectory)
        action = self.space.passed(measured, trajectory.positions[-1])
        reason = self._interlock.fault or reason  # what an operator must know first
        return Command(trajectory, action, True, reason, detail, self._opening, now)

    def _leave(self, reason: str) -> Command:
        """The last motion again: it ends at rest, and what time it is now is not known."""
        motion = self._course.motion
        end = motion.trajectory.positions[-1]
        action = self.space.passed(end, end)
        reason = self._interlock.fault or reason
        return Command(motion.trajectory, action, True, reason, "", self._opening, motion.since)

    def _start(self, observation: Observation, now: float) -> MotionState:
        """The state that the last motion has reached, from which the next one goes on.

        While nobody let it move the arm may have been moved, or its controller been inactive:
        the first motion after that starts where the arm is.
        """
        start = self._course.reached(now)
        beside = np.max(np.abs(start.q - observation.joint_positions))
        again = self._was_stopped and not self._interlock.fault
        return self._course.seen(observation) if again and beside > AT_REST else start
