"""The robot side in Gazebo for the launch file: world, arm, controllers, bridge. Not run here."""

from __future__ import annotations

from pathlib import Path

from launch import LaunchContext
from launch.action import Action
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, LogInfo
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from fmac_ros.robots import load_robot
from fmac_ros.ros.gazebo import BROADCASTER, GazeboFiles, controllers_of, write_files
from fmac_ros.ros.launching import RobotSide
from fmac_ros.ros.names import ROBOT_DESCRIPTION
from fmac_ros.run_dir import RunDir
from fmac_ros.settings import Parameters
from fmac_ros.sim.gazebo_scene import WORLD

HEADLESS = "headless"


def gazebo_side() -> RobotSide:
    """Gazebo, with or without its window."""
    headless = DeclareLaunchArgument(
        HEADLESS, default_value="false", choices=["true", "false"], description="no window"
    )
    return RobotSide(arguments=(headless,), actions=_actions)


def _actions(context: LaunchContext, settings: Parameters, run_dir: RunDir) -> list[Action]:
    robot = load_robot(settings["robot"])
    files = write_files(robot, settings["task"], settings["seed"], run_dir.path / "gazebo")
    shown = "-r -s" if context.launch_configurations[HEADLESS] == "true" else "-r"
    return [
        LogInfo(msg=f"Gazebo's files are in {files.world.parent}"),
        _gazebo(f"{shown} {files.world.resolve()}"),
        *_arm(files),
        _spawner([BROADCASTER, *controllers_of(robot)], files.controllers),
        Node(
            package="ros_gz_bridge",
            executable="parameter_bridge",
            parameters=[{"config_file": str(files.bridge.resolve()), "use_sim_time": True}],
            output="screen",
        ),
    ]


def _gazebo(arguments: str) -> Action:
    file = PathJoinSubstitution([FindPackageShare("ros_gz_sim"), "launch", "gz_sim.launch.py"])
    given = {"gz_args": arguments, "on_exit_shutdown": "true"}
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(file), launch_arguments=list(given.items())
    )


def _arm(files: GazeboFiles) -> list[Action]:
    """The arm's description, and the arm in the world made from it."""
    return [
        Node(
            package="robot_state_publisher",
            executable="robot_state_publisher",
            parameters=[{ROBOT_DESCRIPTION: files.arm.read_text(), "use_sim_time": True}],
            output="screen",
        ),
        Node(
            package="ros_gz_sim",
            executable="create",
            arguments=["-world", WORLD, "-topic", ROBOT_DESCRIPTION, "-name", "arm"],
            output="screen",
        ),
    ]


def _spawner(controllers: list[str], parameters: Path) -> Action:
    """Waits for the controller manager inside Gazebo, then loads and activates."""
    waits = ["--controller-manager-timeout", "60"]
    return Node(
        package="controller_manager",
        executable="spawner",
        arguments=[*controllers, *waits, "--param-file", str(parameters.resolve())],
        output="screen",
    )
