"""Evaluate a trained policy: ``ros2 launch fmac_ros eval_sim.launch.py run_dir:=runs/...``."""

from launch import LaunchDescription

from fmac_ros.ros.launching import evaluation_description


def generate_launch_description() -> LaunchDescription:
    """Describe simulator, state_node, prior_server, policy_node and evaluator_node."""
    return evaluation_description("eval_sim")
