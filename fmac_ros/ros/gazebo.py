"""What Gazebo needs for a cell of this graph, made from the arm's file and the simulated scene.

One file each: the world (SDF), the arm with its ros2_control section (URDF), the controllers and
the bridge (YAML). All numbers come from config/robots and fmac_ros/sim. Not run here.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fmac_ros.robots import RobotConfig
from fmac_ros.ros import names
from fmac_ros.sim.cameras import CAMERAS
from fmac_ros.sim.gazebo_scene import WORLD, world_sdf
from fmac_ros.sim.tool import robot_urdf

UPDATE_RATE = 500  # [1/s], of the controllers
BROADCASTER = "joint_state_broadcaster"
PLUGIN = {
    "filename": "gz_ros2_control-system",
    "name": "gz_ros2_control::GazeboSimROS2ControlPlugin",
}
SYSTEM = "gz_ros2_control/GazeboSimSystem"


@dataclass(frozen=True)
class GazeboFiles:
    """Where the files are."""

    world: Path
    arm: Path
    controllers: Path
    bridge: Path


def write_files(robot: RobotConfig, task: str, seed: int, folder: Path) -> GazeboFiles:
    """Write all files into ``folder``.

    Raises:
        ValueError: no scene is known for the task, or no URDF for the arm.
    """
    files = GazeboFiles(
        folder / "world.sdf",
        folder / "arm.urdf",
        folder / "controllers.yaml",
        folder / "bridge.yaml",
    )
    world = world_sdf(
        task, seed, {camera.name: names.camera_image(camera.name) for camera in CAMERAS}
    )
    folder.mkdir(parents=True, exist_ok=True)
    files.world.write_text(world)
    files.arm.write_text(arm_urdf(robot, files.controllers.resolve()))
    files.controllers.write_text(yaml.safe_dump(controllers(robot), sort_keys=False))
    files.bridge.write_text(yaml.safe_dump(bridge(), sort_keys=False))
    return files


def controllers_of(robot: RobotConfig) -> dict[str, tuple[str, ...]]:
    """Joints by the name of their trajectory controller."""
    found = {robot.controller: robot.joint_names}
    if robot.gripper_joint_names:
        found[robot.gripper_controller] = robot.gripper_joint_names
    return found


def controllers(robot: RobotConfig) -> dict[str, Any]:
    """Parameters of the controller manager and of its controllers."""
    trajectory = "joint_trajectory_controller/JointTrajectoryController"
    kinds = {BROADCASTER: f"{BROADCASTER}/JointStateBroadcaster"}
    kinds |= dict.fromkeys(controllers_of(robot), trajectory)
    manager = {"update_rate": UPDATE_RATE, **{name: {"type": kind} for name, kind in kinds.items()}}
    told = {
        name: {
            "joints": list(joints),
            "command_interfaces": ["position"],
            "state_interfaces": ["position", "velocity"],
        }
        for name, joints in controllers_of(robot).items()
    }
    sections = {"controller_manager": manager, **told}
    return {name: {"ros__parameters": section} for name, section in sections.items()}


def arm_urdf(robot: RobotConfig, controllers_file: Path) -> str:
    """The arm, fixed to the world at home, with ros2_control inside Gazebo."""
    urdf = ET.fromstring(robot_urdf(robot))
    _fix(urdf, robot.base_position.tolist())
    for link in urdf.findall("link"):
        mass = link.find("inertial/mass")
        if mass is not None and float(mass.get("value", "0")) <= 0:
            link.remove(link.find("inertial"))  # type: ignore[arg-type]  # Gazebo refuses no mass
    control = ET.SubElement(urdf, "ros2_control", name="fmac_gazebo", type="system")
    ET.SubElement(ET.SubElement(control, "hardware"), "plugin").text = SYSTEM
    closed = zip(robot.gripper_joint_names, robot.gripper_closed, strict=True)
    for name, start in [*zip(robot.joint_names, robot.home.tolist(), strict=True), *closed]:
        _interfaces(control, name, start)
    plugin = ET.SubElement(ET.SubElement(urdf, "gazebo"), "plugin", PLUGIN)
    ET.SubElement(plugin, "parameters").text = str(controllers_file)
    return ET.tostring(urdf, encoding="unicode")


def _fix(urdf: ET.Element, base: Sequence[float]) -> None:
    """Without a joint to the link ``world`` the arm would fall over."""
    children = {joint.find("child").get("link") for joint in urdf.findall("joint")}  # type: ignore[union-attr]
    (root,) = (link for link in urdf.findall("link") if link.get("name") not in children)
    ET.SubElement(urdf, "link", name="world")
    joint = ET.SubElement(urdf, "joint", name="world_joint", type="fixed")
    ET.SubElement(joint, "parent", link="world")
    ET.SubElement(joint, "child", link=str(root.get("name")))
    ET.SubElement(joint, "origin", xyz=" ".join(f"{value:g}" for value in base), rpy="0 0 0")


def _interfaces(control: ET.Element, name: str, start: float) -> None:
    joint = ET.SubElement(control, "joint", name=name)
    ET.SubElement(joint, "command_interface", name="position")
    position = ET.SubElement(joint, "state_interface", name="position")
    ET.SubElement(position, "param", name="initial_value").text = f"{start:g}"
    ET.SubElement(joint, "state_interface", name="velocity")


def bridge() -> list[dict[str, Any]]:
    """What ros_gz_bridge brings over: the clock and the cameras."""
    one_way = {"direction": "GZ_TO_ROS"}
    clock = {
        "ros_topic_name": names.CLOCK,
        "gz_topic_name": f"/world/{WORLD}/clock",
        "ros_type_name": "rosgraph_msgs/msg/Clock",
        "gz_type_name": "gz.msgs.Clock",
        **one_way,
    }
    found = [clock]
    for camera in CAMERAS:
        for topic, kind in (
            (names.camera_image(camera.name), "Image"),
            (names.camera_info(camera.name), "CameraInfo"),
        ):
            found.append(
                {
                    "ros_topic_name": topic,
                    "gz_topic_name": f"/{topic}",
                    "ros_type_name": f"sensor_msgs/msg/{kind}",
                    "gz_type_name": f"gz.msgs.{kind}",
                    **one_way,
                }
            )
    return found
