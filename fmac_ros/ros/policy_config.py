"""Parameters of policy_node."""

from __future__ import annotations

from dataclasses import dataclass

from fmac_ros.control.actions import ACTION_SPACES
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
    observation_timeout: float = parameter(
        5.0, description="silence that aborts a rollout [s]", minimum=0.1, maximum=600.0
    )
    policy_timeout: float = parameter(
        20.0, description="longest wait for policy parameters [s]", minimum=0.1, maximum=600.0
    )
