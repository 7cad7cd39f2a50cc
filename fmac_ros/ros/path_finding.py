"""Which planner finds the ways of move_arm; whatever finds them, the same checks follow."""

from __future__ import annotations

import numpy as np
from rclpy.impl.rcutils_logger import RcutilsLogger

from fmac_ros.control.controller import ArmController
from fmac_ros.control.planner import NoPathError, Path, PathPlanner, Planner
from fmac_ros.control.planner.shortcut import shorten
from fmac_ros.control.planner.space import FreeSpace
from fmac_ros.ros.moveit_planner import MoveItMissing, MoveItPlanner
from fmac_ros.ros.policy_config import PolicyConfig

AUTO, MOVEIT, JOINT_SPACE = "auto", "moveit", "joint_space"


def make_path_planner(
    config: PolicyConfig, controller: ArmController, log: RcutilsLogger
) -> PathPlanner:
    """The planner that the parameters ask for.

    Raises:
        ValueError: MoveIt is asked for and is not here.
    """
    own = JointSpace(controller)
    if config.planner == JOINT_SPACE or (config.planner == AUTO and not config.moveit_config):
        return own
    try:
        moveit = MoveItPlanner(config.moveit_config, config.moveit_group, controller.robot)
    except MoveItMissing as error:
        if config.planner == MOVEIT:
            raise ValueError(f"planner is {MOVEIT!r}: {error}") from error
        log.warning(f"planning in joint space, not by MoveIt: {error}")
        return own
    return Checked(moveit, controller, own)


class JointSpace:
    """Our own planner; each plan has computations of its own, so plans may be in any thread."""

    def __init__(self, controller: ArmController) -> None:
        self._controller = controller

    def plan(self, start: np.ndarray, goal: np.ndarray) -> Path:
        """As ``Planner.plan``."""
        return Planner(_space(self._controller)).plan(start, goal)


class Checked:
    """Another planner's ways where they hold our own rules; else our own way.

    It may know more of the cell (objects, walls), yet not our workspace box. An arm that starts
    in a violation is led out of it by our own planner, slowly.
    """

    def __init__(self, other: PathPlanner, controller: ArmController, own: PathPlanner) -> None:
        self._other, self._controller, self._own = other, controller, own

    def plan(self, start: np.ndarray, goal: np.ndarray) -> Path:
        """The other planner's way, with fewer waypoints; NoPathError if it has none that holds."""
        space = _space(self._controller)
        if space.pose_fault(start):
            return self._own.plan(start, goal)
        found = self._other.plan(start, goal)
        points = [start, *found.waypoints[1:-1], goal]
        for one, next_one in zip(points[:-1], points[1:], strict=True):
            if fault := space.line_fault(one, next_one):
                raise NoPathError(f"the planned way does not pass the gate's checks: {fault}")
        kept = np.array(shorten(space, points, seed=0))
        return Path(kept, (False,) * (len(kept) - 1))


def _space(controller: ArmController) -> FreeSpace:
    return FreeSpace(controller.robot, controller.kinematics.twin(), controller.collisions.twin())
