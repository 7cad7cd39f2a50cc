"""What a /robot_description says of an arm's limits, against its file in config/robots."""

from __future__ import annotations

import dataclasses
import math
import xml.etree.ElementTree as ET

import numpy as np

from fmac_ros.robots import RobotConfig

MOVABLE = ("revolute", "prismatic")


def fit_to_description(robot: RobotConfig, urdf: str) -> tuple[RobotConfig, tuple[str, ...]]:
    """The robot within its URDF's limits too, and a line for each limit that became tighter.

    Raises:
        ValueError: not a URDF, or it lacks a joint or has it of another type, or the robot's
            home is outside the URDF's limits.
    """
    try:
        joints = {joint.get("name"): joint for joint in ET.fromstring(urdf).iter("joint")}
    except ET.ParseError as error:
        raise ValueError(f"robot_description of {robot.name} is not XML: {error}") from error
    missing = [name for name in robot.joint_names if name not in joints]
    if missing:
        raise ValueError(f"robot_description lacks the joints {', '.join(missing)}")
    rows = [_limits(robot, name, joints[name]) for name in robot.joint_names]
    lower, upper, velocity = (np.array(column) for column in zip(*rows, strict=True))
    fitted = {
        "lower": np.maximum(robot.lower, lower),
        "upper": np.minimum(robot.upper, upper),
        "velocity": np.minimum(robot.velocity, velocity),
    }
    for values in fitted.values():
        values.setflags(write=False)
    return dataclasses.replace(robot, **fitted), tuple(_changes(robot, fitted))


def _limits(robot: RobotConfig, name: str, joint: ET.Element) -> tuple[float, float, float]:
    """Lower, upper and velocity limit of a joint."""
    kind = joint.get("type")
    limit = joint.find("limit")
    if kind not in MOVABLE or limit is None:
        raise ValueError(
            f"joint {name} of robot_description is {kind},"
            f" valid: {' or '.join(MOVABLE)} with limits"
        )
    values = tuple(float(limit.get(key, "nan")) for key in ("lower", "upper", "velocity"))
    if not all(math.isfinite(value) for value in values) or values[2] <= 0:
        raise ValueError(f"limits of joint {name} of {robot.name} are {values} in its description")
    return values[0], values[1], values[2]


def _changes(robot: RobotConfig, fitted: dict[str, np.ndarray]) -> list[str]:
    return [
        f"{field} of {name} is {new:.4g} as in robot_description, not {old:.4g}"
        for field, values in fitted.items()
        for name, new, old in zip(robot.joint_names, values, getattr(robot, field), strict=True)
        if new != old
    ]
