"""What the policy feels: where the tool tip is and how it moves."""

from __future__ import annotations

import numpy as np

from fmac_ros.control.kinematics import Kinematics
from fmac_ros.types import Observation

PROPRIO_SIZE = 6


def proprio_size(gripper: bool) -> int:
    """Length p of what the policy feels; with the gripper, its opening too."""
    return PROPRIO_SIZE + int(gripper)


def proprio(kinematics: Kinematics, observation: Observation) -> np.ndarray:
    """(6,) float32: tool tip position [m], then velocity [m/s], both in the world frame.

    Raises:
        ValueError: a joint value is not finite.
    """
    position, _ = kinematics.forward(observation.joint_positions)
    linear = kinematics.jacobian(observation.joint_positions)[:3]  # (3, n)
    values = np.concatenate([position, linear @ observation.joint_velocities])
    if not np.all(np.isfinite(values)):
        raise ValueError("joint state is not finite, so there is no tool position")
    return values.astype(np.float32)
