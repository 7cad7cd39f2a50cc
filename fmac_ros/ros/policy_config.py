"""Parameters of policy_node."""

from __future__ import annotations

from dataclasses import dataclass

from fmac_ros.control.actions import ACTION_SPACES
from fmac_ros.ros import names
from fmac_ros.ros.parameters import parameter


@dataclass(frozen=True)
class PolicyConfig:
    """What policy_node runs on, and how long it waits."""

    robot: str = parameter("panda", description="arm to command, in config/robots")
    action_space: str = parameter(
        "ee_delta", description="what an action moves", choices=ACTION_SPACES
    )
    priors: str = parameter("embedded", description="priors whose latent space is used")
    lockstep: bool = parameter(
        True, description="each command names the state it answers, and the world waits for it"
    )
    look_ahead: int = parameter(
        2, description="imagined frame that stands for the next state", minimum=1, maximum=64
    )
    success_frames: int = parameter(
        2, description="successes in a row that end an episode", minimum=1, maximum=100
    )
    start_armed: bool = parameter(
        True, description="the arm may move from the start; false waits for an operator"
    )
    controller: str = parameter(
        "", description="trajectory controller of the arm; empty for the one of its file"
    )
    robot_ready_topic: str = parameter(
        "", description="std_msgs/Bool, latched: may the robot move; empty where none says"
    )
    gripper_action: str = parameter(
        "", description="control_msgs/GripperCommand action; empty: a trajectory for the fingers"
    )
    speed_scaling_topic: str = parameter(
        names.SPEED_SCALING, description="std_msgs/Float64 of the robot's speed scaling, 0 pauses"
    )
    full_speed_scaling: float = parameter(
        1.0, description="its value at full speed, 100 for per cent", minimum=0.001, maximum=1000.0
    )
    command_timeout: float = parameter(
        0.5,
        description="silence between two commands that holds the arm [s]",
        minimum=0.05,
        maximum=60.0,
    )
    follow_timeout: float = parameter(
        0.0,
        description="standing still while sent elsewhere that disarms the arm [s], 0: any is fine",
        minimum=0.0,
        maximum=60.0,
    )
    observation_timeout: float = parameter(
        5.0, description="silence that aborts a rollout [s]", minimum=0.1, maximum=600.0
    )
    move_speed: float = parameter(
        0.5,
        description="share of the velocity, acceleration and jerk limits that move_arm uses",
        minimum=0.05,
        maximum=0.9,
    )
    planner: str = parameter(
        "auto",
        description="who plans for move_arm; auto is MoveIt where moveit_config names its package",
        choices=("auto", "moveit", "joint_space"),
    )
    moveit_config: str = parameter("", description="package of the robot's MoveIt configuration")
    moveit_group: str = parameter("", description="planning group of the arm in it")
    policy_timeout: float = parameter(
        20.0, description="longest wait for policy parameters [s]", minimum=0.1, maximum=600.0
    )
