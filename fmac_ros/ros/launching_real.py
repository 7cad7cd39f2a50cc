"""The robot side of a real arm for the launch files: its topics, and its vendor's bring-up."""

from __future__ import annotations

from launch import LaunchContext
from launch.action import Action
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, LogInfo
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

from fmac_ros.driver_config import ROS2_CONTROL
from fmac_ros.robots import load_robot
from fmac_ros.ros.launching import RobotSide
from fmac_ros.ros.names import JOINT_STATES, camera_image
from fmac_ros.run_dir import RunDir
from fmac_ros.settings import Parameters

BRINGUP, ADDRESS = "bringup", "robot_ip"


def real_side() -> RobotSide:
    """Topics that can be renamed, and the bring-up that can be included."""
    return RobotSide(
        arguments=(
            DeclareLaunchArgument(
                BRINGUP,
                default_value="false",
                choices=["true", "false"],
                description="start the vendor's driver, too, as config/robots names it",
            ),
            DeclareLaunchArgument(
                ADDRESS, default_value="", description="address of the arm, for bringup:=true"
            ),
        ),
        topics={
            "front_image": camera_image("front"),
            "side_image": camera_image("side"),
            "joint_states": JOINT_STATES,
        },
        actions=_actions,
    )


def _actions(context: LaunchContext, settings: Parameters, run_dir: RunDir) -> list[Action]:
    given = context.launch_configurations
    told = "the arm starts disarmed: ros2 param set /policy_node armed true lets it move"
    if given[BRINGUP] == "false":
        return [LogInfo(msg=told)]
    return [LogInfo(msg=told), _bring_up(settings, given[ADDRESS])]


def _bring_up(settings: Parameters, address: str) -> Action:
    robot = load_robot(settings["robot"])
    driver = robot.driver(settings.get("driver", ROS2_CONTROL))
    if driver.bringup is None:
        raise ValueError(
            f"config/robots/{robot.name}.yaml names no bring-up for the driver {driver.name}: "
            "start the arm's driver yourself and leave bringup:=true out"
        )
    if not address:
        raise ValueError(f"{BRINGUP}:=true needs the arm's address, as {ADDRESS}:=192.168.1.10")
    controller = settings["controller"] or driver.controller()
    share = FindPackageShare(driver.bringup.package)
    file = PathJoinSubstitution([share, "launch", driver.bringup.launch_file])
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(file),
        launch_arguments=list(driver.bringup.given(address, controller).items()),
    )
