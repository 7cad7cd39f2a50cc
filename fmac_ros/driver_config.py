"""What an arm's driver is called, says and needs: the section ``drivers`` of a robot's file.

A driver is whatever stands between the graph and the arm and speaks the ros2_control contract.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

ROS2_CONTROL = "ros2_control"
FRANKA = "franka"  # franka_driver, this package's own
DRIVERS = (ROS2_CONTROL, FRANKA)
REAL_CELL, SIMULATED_CELL = "real", "simulated"
CELLS = (REAL_CELL, SIMULATED_CELL)
ANY = "default"  # stands for every distribution that is not named


@dataclass(frozen=True)
class BringUp:
    """The vendor's own launch file.

    Attributes:
        package, launch_file: ``ros2 launch <package> <launch_file>``.
        address: the argument that takes the arm's address.
        arguments: its other arguments; ``{controller}`` stands for the trajectory controller.
    """

    package: str
    launch_file: str
    address: str
    arguments: Mapping[str, str] = field(default_factory=dict)

    def given(self, address: str, controller: str) -> dict[str, str]:
        """The arguments to launch it with."""
        named = {name: text.format(controller=controller) for name, text in self.arguments.items()}
        return {**named, self.address: address}


@dataclass(frozen=True)
class Driver:
    """One way to drive an arm.

    Attributes:
        controllers: the trajectory controller by ROS distribution, "default" for any other, ""
            where none is known.
        robot_ready_topic: std_msgs/Bool, latched: may the robot move; empty where none says.
        speed_scaling_topic: std_msgs/Float64; empty for the graph's own.
        full_speed_scaling: its value at full speed.
        gripper_action: control_msgs/GripperCommand of the gripper; empty for a trajectory.
        watch: node of this package that tells the robot's state, with its parameters.
        bringup: the vendor's launch file, None where there is none to include.
    """

    name: str
    controllers: Mapping[str, str]
    robot_ready_topic: str = ""
    speed_scaling_topic: str = ""
    full_speed_scaling: float = 1.0
    gripper_action: str = ""
    watch: str = ""
    bringup: BringUp | None = None

    def __post_init__(self) -> None:
        if not all(isinstance(controller, str) for controller in self.controllers.values()):
            raise ValueError(f"driver {self.name}: controller is {self.controllers}, valid: names")
        if not (math.isfinite(self.full_speed_scaling) and self.full_speed_scaling > 0):
            raise ValueError(
                f"driver {self.name}: full_speed_scaling is {self.full_speed_scaling}, "
                "valid: more than 0"
            )

    def controller(self, distribution: str | None = None) -> str:
        """The trajectory controller under a ROS distribution, that of the environment if None.

        Raises:
            ValueError: the file names none for it.
        """
        if distribution is None:
            distribution = os.environ.get("ROS_DISTRO", "")
        name = self.controllers.get(distribution) or self.controllers.get(ANY, "")
        if not name:
            raise ValueError(
                f"driver {self.name} names no controller for ROS {distribution!r}, "
                f"valid: {', '.join(filter(None, self.controllers))}; or choose the controller"
            )
        return name

    def topics(self) -> dict[str, Any]:
        """Parameters of policy_node that the driver decides, but for the controller."""
        told: dict[str, Any] = {
            "robot_ready_topic": self.robot_ready_topic,
            "gripper_action": self.gripper_action,
        }
        if self.speed_scaling_topic:
            told["speed_scaling_topic"] = self.speed_scaling_topic
            told["full_speed_scaling"] = float(self.full_speed_scaling)
        return told


def read_drivers(robot: str, controller: str, section: Any) -> dict[str, Driver]:
    """The drivers of a robot's file by name; ros2_control is one, whatever the section says.

    Args:
        controller: the trajectory controller where the section or the distribution names none.

    Raises:
        ValueError: an entry is not known or malformed.
    """
    described = {ROS2_CONTROL: {}, **(section or {})}
    try:
        return {name: _driver(name, controller, entry or {}) for name, entry in described.items()}
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"robot {robot}: drivers: {error}") from error


def _driver(name: str, controller: str, entry: Mapping[str, Any]) -> Driver:
    values = dict(entry)
    named = values.pop("controller", controller)
    by_distribution = {ANY: named} if isinstance(named, str) else dict(named)
    values["controllers"] = {"": controller, **by_distribution}
    if values.get("bringup"):
        values["bringup"] = BringUp(**values["bringup"])
    known = {f.name for f in fields(Driver)} - {"name"}
    if unknown := set(values) - known:
        raise ValueError(f"driver {name}: unknown entries {', '.join(sorted(unknown))}")
    return Driver(name, **values)
