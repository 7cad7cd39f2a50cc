"""MoveIt as the planner of move_arm, through MoveItPy. Not run: MoveIt comes with a ROS host only.

MoveItPy is a node of its own in this process, made once: it reads joint states, the planning
scene and the obstacles that a MoveIt setup knows. Its trajectories are not executed by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fmac_ros.control.planner import NoPathError, Path
from fmac_ros.robots import RobotConfig

NODE = "fmac_moveit"
MOVEIT_CPP = "config/moveit_cpp.yaml"
PIPELINE = "ompl"
SECONDS = 5.0


class MoveItMissing(RuntimeError):
    """MoveItPy or its configuration is not on this machine."""


class MoveItPlanner:
    """Plans with a robot's MoveIt configuration.

    Args:
        package: the configuration's package, such as ``franka_fr3_moveit_config``.
        group: planning group in it, such as ``fr3_arm``.

    Raises:
        MoveItMissing: MoveItPy cannot be imported, or the package is not there.
    """

    def __init__(self, package: str, group: str, robot: RobotConfig) -> None:
        self._group, self._names = group, list(robot.joint_names)
        try:
            from moveit.core.robot_state import RobotState
            from moveit.planning import MoveItPy, PlanRequestParameters

            self._moveit = MoveItPy(
                node_name=NODE,
                config_dict=_configuration(robot.name, package),
            )
            self._component = self._moveit.get_planning_component(group)
        except ImportError as error:
            raise MoveItMissing(f"MoveItPy is not installed: {error}") from error
        except (LookupError, OSError, RuntimeError) as error:
            raise MoveItMissing(f"MoveIt does not start with {package!r}: {error}") from error
        self._make_state, self._make_parameters = RobotState, PlanRequestParameters

    def plan(self, start: np.ndarray, goal: np.ndarray) -> Path:
        """A way that MoveIt finds from joint positions to others (n,); NoPathError without one."""
        self._component.set_start_state(robot_state=self._state(start))
        self._component.set_goal_state(robot_state=self._state(goal))
        parameters = self._make_parameters(self._moveit, "")
        parameters.planning_pipeline = PIPELINE
        parameters.planning_time = SECONDS
        parameters.planning_attempts = 1
        parameters.max_velocity_scaling_factor = 1.0
        parameters.max_acceleration_scaling_factor = 1.0
        found = self._component.plan(single_plan_parameters=parameters)
        if not found:
            raise NoPathError("MoveIt finds no way to the pose; see its log")
        message = found.trajectory.get_robot_trajectory_msg().joint_trajectory
        order = [list(message.joint_names).index(name) for name in self._names]
        points = np.array([list(point.positions) for point in message.points], float)[:, order]
        return Path(points, (False,) * (len(points) - 1))

    def _state(self, q: np.ndarray) -> Any:
        state = self._make_state(self._moveit.get_robot_model())
        state.set_to_default_values()
        positions = dict(state.joint_positions)
        state.joint_positions = positions | dict(zip(self._names, q.tolist(), strict=True))
        state.update()
        return state


def _configuration(robot: str, package: str) -> dict[str, Any]:
    """The configuration as MoveItPy takes it; needs config/moveit_cpp.yaml in the package."""
    from moveit_configs_utils import MoveItConfigsBuilder

    builder = MoveItConfigsBuilder(robot, package_name=package)
    configs = builder.moveit_cpp(file_path=MOVEIT_CPP).to_moveit_configs()
    found: dict[str, Any] = configs.to_dict()
    return found
