"""Arm and fingers in one ``joint_states`` message."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import JointState

from fmac_ros.ros.conversions import floats_to_field

State = tuple[np.ndarray, np.ndarray, np.ndarray]


def joint_state_msg(names: Sequence[str], parts: Sequence[State], stamp: Time) -> JointState:
    """One message of several groups of joints.

    Args:
        names: of all joints, group after group.
        parts: positions, velocities and efforts of each group.
    """
    positions, velocities, efforts = (
        np.concatenate(together) for together in zip(*parts, strict=True)
    )
    if len(positions) != len(names):
        raise ValueError(f"{len(positions)} positions for the joints {list(names)}")
    message = JointState(name=list(names))
    message.header.stamp = stamp
    message.position = floats_to_field(positions, "d")
    message.velocity = floats_to_field(velocities, "d")
    message.effort = floats_to_field(efforts, "d")
    return message
