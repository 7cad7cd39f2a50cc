"""Train an arm in Gazebo: ``ros2 launch fmac_ros train_gazebo.launch.py robot:=ur5e``.

Needs ros_gz_sim, ros_gz_bridge and gz_ros2_control. Not run where this was developed.
"""

from launch import LaunchDescription

from fmac_ros.ros.launching import train_description
from fmac_ros.ros.launching_gazebo import gazebo_side


def generate_launch_description() -> LaunchDescription:
    """Describe all nodes, Gazebo with the task's scene, its controllers and its bridge."""
    return train_description("train_gazebo", gazebo_side())
