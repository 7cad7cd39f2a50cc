"""Train a real arm: ``ros2 launch fmac_ros train_real.launch.py robot:=ur5e task:="..."``.

The robot side is a running ros2_control stack (joint_states and a joint trajectory
controller, named in config/robots) and two cameras. ``bringup:=true robot_ip:=...`` starts
the vendor's driver, too; ``cameras:=two_usb.yaml`` starts cameras. The arm starts disarmed.
reset_node moves it home and has the objects reset as ``scene_reset`` says.
"""

from launch import LaunchDescription

from fmac_ros.ros.launching import train_description
from fmac_ros.ros.launching_real import real_side


def generate_launch_description() -> LaunchDescription:
    """Describe all nodes but the robot side; its topics can be renamed by arguments."""
    return train_description("train_real", real_side())
