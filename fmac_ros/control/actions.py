"""Action spaces: what a vector in [-1, 1]^a means for the joints."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from fmac_ros.control.kinematics import Kinematics
from fmac_ros.robots import RobotConfig

TIP_STEP = 0.04  # [m] per unit of action
JOINT_STEP = 0.15  # [rad] per unit of action
REACHED_POSITION = 0.005  # [m]
REACHED_ROTATION = 0.05  # [rad]


class UnreachableError(ValueError):
    """The arm cannot bring its tool where the action asks."""


class ActionSpace(Protocol):
    """Maps actions to joint targets and back."""

    name: str
    size: int
    gripper: bool  # the last component is the gripper's
    switch: bool  # and opens it, closes it or leaves it (control.gripper)

    def target(self, q: np.ndarray, action: np.ndarray) -> np.ndarray:
        """Joint target (n,) of an action (a,) taken at q (n,); UnreachableError if none."""

    def passed(self, q: np.ndarray, q_target: np.ndarray) -> np.ndarray:
        """The action (a,) float32 in [-1, 1] that a joint target (n,) stands for at q (n,)."""


class EndEffectorDelta:
    """Translations of the tool tip, its orientation kept as at home: TIP_STEP a unit."""

    name = "ee_delta"
    size = 3
    gripper = switch = False

    def __init__(self, kinematics: Kinematics, robot: RobotConfig) -> None:
        self._kinematics = kinematics
        self._rotation = kinematics.forward(robot.home)[1]
        self._lower, self._upper = robot.workspace_lower, robot.workspace_upper

    def target(self, q: np.ndarray, action: np.ndarray) -> np.ndarray:
        """Joint target (n,) for the tip moved by the action (3,), but not out of the workspace."""
        tip, _ = self._kinematics.forward(q)
        goal = np.clip(tip + TIP_STEP * np.clip(action, -1, 1), self._lower, self._upper)
        q_target = self._kinematics.solve(q, goal, self._rotation)
        position, rotation = self._kinematics.forward(q_target)
        turn = np.linalg.norm(rotation - self._rotation) / np.sqrt(2)  # angle, where small
        if np.linalg.norm(position - goal) > REACHED_POSITION or turn > REACHED_ROTATION:
            raise UnreachableError(f"tip target {goal.round(3)} m is out of the arm's reach")
        return q_target

    def passed(self, q: np.ndarray, q_target: np.ndarray) -> np.ndarray:
        """Translation (3,) between the two tip positions, in units of action."""
        step = self._kinematics.forward(q_target)[0] - self._kinematics.forward(q)[0]
        return np.clip(step / TIP_STEP, -1, 1).astype(np.float32)


class EndEffectorDeltaGripper(EndEffectorDelta):
    """Translations of the tool tip, and then the gripper: see control.gripper."""

    name = "ee_delta_gripper"
    size = 4
    gripper = switch = True

    def target(self, q: np.ndarray, action: np.ndarray) -> np.ndarray:
        """Joint target (n,) for the tip moved by the action's first three components."""
        return super().target(q, action[:3])

    def passed(self, q: np.ndarray, q_target: np.ndarray) -> np.ndarray:
        """Translation (3,) between the two tip positions, and 0: the gripper left as it was."""
        return np.append(super().passed(q, q_target), np.float32(0))


class JointDelta:
    """Joint displacements: JOINT_STEP a unit."""

    name = "joint_delta"
    gripper = switch = False

    def __init__(self, kinematics: Kinematics) -> None:
        self.size = kinematics.size

    def target(self, q: np.ndarray, action: np.ndarray) -> np.ndarray:
        """Joint target (n,)."""
        return q + JOINT_STEP * np.clip(action, -1, 1)

    def passed(self, q: np.ndarray, q_target: np.ndarray) -> np.ndarray:
        """Joint displacement (n,), in units of action."""
        return np.clip((q_target - q) / JOINT_STEP, -1, 1).astype(np.float32)


ACTION_SPACES = (EndEffectorDelta.name, JointDelta.name, EndEffectorDeltaGripper.name)


def action_size(name: str, robot: RobotConfig) -> tuple[int, bool]:
    """Components of an action, and whether the last is the gripper's; needs no kinematics."""
    if name not in ACTION_SPACES:
        raise ValueError(f"action space is {name!r}, valid: {', '.join(ACTION_SPACES)}")
    if name == EndEffectorDeltaGripper.name and not robot.gripper_joint_names:
        raise ValueError(f"action space is {name!r}, and robot {robot.name} names no finger joints")
    sizes = {
        JointDelta.name: robot.size,
        EndEffectorDeltaGripper.name: EndEffectorDeltaGripper.size,
    }
    return sizes.get(name, EndEffectorDelta.size), name == EndEffectorDeltaGripper.name


def make_action_space(name: str, kinematics: Kinematics, robot: RobotConfig) -> ActionSpace:
    """The action space of that name; ValueError for an unknown one, or one without its gripper."""
    action_size(name, robot)
    if name == JointDelta.name:
        return JointDelta(kinematics)
    if name == EndEffectorDeltaGripper.name:
        return EndEffectorDeltaGripper(kinematics, robot)
    return EndEffectorDelta(kinematics, robot)
