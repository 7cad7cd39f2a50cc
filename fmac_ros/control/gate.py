"""The gate: nothing stale, non-finite or out of limits leaves for the arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fmac_ros.control.kinematics import Kinematics
from fmac_ros.control.trajectory import MotionState
from fmac_ros.robots import RobotConfig
from fmac_ros.types import Observation

BAD_ACTION = "action is not finite or has the wrong size"
BAD_OBSERVATION = "joint state is not finite or has the wrong size"
NO_FINGERS = "finger positions are missing or not finite"
STALE_OBSERVATION = "observation is too old"
CLOCK_MISMATCH = "observation is from the future"
START_JUMP = "arm is not where it was commanded to be"
UNREACHABLE = "target is out of reach"
OUTSIDE_WORKSPACE = "target is outside the workspace"
NO_TRAJECTORY = "no trajectory within the limits"
BROKEN_LIMIT = "trajectory breaks a limit"
COLLISION = "motion would hit the arm itself or the table"
EMERGENCY_STOP = "emergency stop"
NOT_READY = "robot is not ready"
DISARMED = "not armed"
PAUSED = "speed scaling is 0"
SILENCE = "no new command in time"
FOREIGN = "another node publishes commands or observations of this arm"
NOT_FOLLOWED = "commands are not followed"
REASONS = (
    BAD_ACTION,
    BAD_OBSERVATION,
    NO_FINGERS,
    STALE_OBSERVATION,
    CLOCK_MISMATCH,
    START_JUMP,
    UNREACHABLE,
    OUTSIDE_WORKSPACE,
    NO_TRAJECTORY,
    BROKEN_LIMIT,
    COLLISION,
    EMERGENCY_STOP,
    NOT_READY,
    DISARMED,
    PAUSED,
    SILENCE,
    FOREIGN,
    NOT_FOLLOWED,
)

MAX_AGE = 0.3  # [s]
MAX_START_JUMP = 0.25  # [rad], beyond what the joint can have moved since the observation
WORKSPACE_ROUNDING = 1e-3  # [m]


@dataclass(frozen=True)
class Verdict:
    """What the gate says of a joint target: the one that passed, or why the arm holds."""

    q_target: np.ndarray
    held: bool
    reason: str = ""


class Gate:
    """Checks what goes in (observation, action) and the target that comes out.

    Args:
        robot: the limits.
        kinematics: of the same robot.
        max_age: oldest observation to act on [s].
        gripper: actions move the gripper, too, so that the fingers must be known.
    """

    def __init__(
        self,
        robot: RobotConfig,
        kinematics: Kinematics,
        max_age: float = MAX_AGE,
        gripper: bool = False,
    ) -> None:
        if not max_age > 0:
            raise ValueError(f"max_age is {max_age} s, valid: more than 0")
        self._robot = robot
        self._kinematics = kinematics
        self._max_age = max_age
        self._fingers = len(robot.gripper_joint_names) if gripper else None

    def observation_fault(self, observation: Observation, now: float) -> str:
        """Reason not to act on an observation at ``now`` [s], empty if there is none."""
        joints = (observation.joint_positions, observation.joint_velocities)
        if not all(finite_vector(values, self._robot.size) for values in joints):
            return BAD_OBSERVATION
        if self._fingers is not None and not finite_vector(
            observation.finger_positions, self._fingers
        ):
            return NO_FINGERS
        age = now - observation.stamp
        if not np.isfinite(age) or age > self._max_age:
            return STALE_OBSERVATION
        return CLOCK_MISMATCH if age < -self._max_age else ""

    def start_fault(self, commanded: MotionState, observation: Observation, now: float) -> str:
        """Reason not to plan on from ``commanded``, empty if the arm follows it closely."""
        moved = self._robot.velocity * abs(now - observation.stamp)
        jump = np.abs(commanded.q - observation.joint_positions)
        return START_JUMP if np.any(jump > MAX_START_JUMP + moved) else ""

    def check(self, q: np.ndarray, q_target: np.ndarray) -> Verdict:
        """Pass a joint target (n,) asked for at measured q (n,), brought inside all limits.

        The displacement is shortened to what the velocity limits allow in a control period,
        joints are clamped to their range and the tool tip to the workspace box.
        """
        robot = self._robot
        if not finite_vector(q_target, robot.size):
            return Verdict(q, held=True, reason=BAD_ACTION)
        step = q_target - q
        ratio = float(np.max(np.abs(step) * robot.control_rate_hz / robot.velocity))
        passed = np.clip(q + step / max(ratio, 1.0), robot.lower, robot.upper)
        if self._outside(passed) > 0:
            tip, _ = self._kinematics.forward(passed)
            inside = np.clip(tip, robot.workspace_lower, robot.workspace_upper)
            passed = self._kinematics.solve(passed, inside)
        if self._outside(passed) > WORKSPACE_ROUNDING:
            return Verdict(q, held=True, reason=OUTSIDE_WORKSPACE)
        return Verdict(passed, held=False)

    def _outside(self, q: np.ndarray) -> float:
        """How far [m] the tool tip is out of the workspace box at q (n,), 0 if inside."""
        tip, _ = self._kinematics.forward(q)
        robot = self._robot
        return float(max(0.0, *(robot.workspace_lower - tip), *(tip - robot.workspace_upper)))


def finite_vector(values: np.ndarray, size: int) -> bool:
    """Whether values are (size,) finite numbers."""
    values = np.asarray(values)
    return values.shape == (size,) and bool(np.all(np.isfinite(values)))
