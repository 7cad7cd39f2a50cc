"""Train a simulated arm: ``ros2 launch fmac_ros train_sim.launch.py robot:=panda``."""

from launch import LaunchDescription

from fmac_ros.ros.launching import train_description


def generate_launch_description() -> LaunchDescription:
    """Describe simulator, state_node, prior_server, policy_node, trainer_node and observer."""
    return train_description("train_sim")
