"""Train a real arm: ``ros2 launch fmac_ros train_real.launch.py robot:=panda``.

The robot side is a running ros2_control stack (joint_states and a joint trajectory
controller, named in config/robots) and two camera drivers. reset_node moves the arm home and has
the objects reset as ``scene_reset`` says.
"""

from launch import LaunchDescription

from fmac_ros.ros.launching import train_description
from fmac_ros.ros.names import JOINT_STATES, camera_image


def generate_launch_description() -> LaunchDescription:
    """Describe all nodes but the robot side; its topics can be renamed by arguments."""
    return train_description(
        "train_real",
        {
            "front_image": camera_image("front"),
            "side_image": camera_image("side"),
            "joint_states": JOINT_STATES,
        },
    )
