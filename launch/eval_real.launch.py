"""Evaluate on a real arm: ``ros2 launch fmac_ros eval_real.launch.py run_dir:=runs/...``.

A person sets the table up, and says after every episode whether it was a success.
"""

from launch import LaunchDescription

from fmac_ros.ros.launching import evaluation_description
from fmac_ros.ros.launching_real import real_side


def generate_launch_description() -> LaunchDescription:
    """Describe all nodes but the robot side; its topics can be renamed by arguments."""
    return evaluation_description("eval_real", real_side())
