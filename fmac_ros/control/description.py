"""What a /robot_description says of an arm's limits, against its file in config/robots."""

from __future__ import annotations

import dataclasses
import math
import xml.etree.ElementTree as ET
from collections.abc import Mapping

import numpy as np

from fmac_ros.control.chain import CONTINUOUS, MOVABLE, arm_urdf, joints_of, missing_joints, parse
from fmac_ros.robots import RobotConfig

_ENDS = ("lower", "upper")


def fit_to_description(robot: RobotConfig, urdf: str) -> tuple[RobotConfig, tuple[str, ...]]:
    """The robot within its URDF's limits too, and a line for each limit that became tighter.

    A joint that turns without end keeps the limits of the robot's file.

    Raises:
        ValueError: not a URDF, or it lacks a joint or has it of another type, or the joints are
            not one serial chain, or the robot's home is outside the URDF's limits.
    """
    joints = joints_of(parse(urdf, robot.name))
    if missing := missing_joints(joints, robot):
        raise ValueError(f"robot_description {missing}")
    rows = [_limits(robot, name, joints[name]) for name in robot.joint_names]
    arm_urdf(robot, urdf)
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
    kind, limit = joint.get("type"), joint.find("limit")
    endless = kind == CONTINUOUS
    if kind not in MOVABLE or (limit is None and not endless):
        valid = f"valid: {', '.join(MOVABLE)}, with limits"
        raise ValueError(f"joint {name} of robot_description is {kind}, {valid}")
    said = {} if limit is None else limit.attrib
    lower, upper = (-math.inf, math.inf) if endless else (_number(said, k) for k in _ENDS)
    velocity = math.inf if endless and "velocity" not in said else _number(said, "velocity")
    if math.isnan(lower) or math.isnan(upper) or not velocity > 0:
        values = (lower, upper, velocity)
        raise ValueError(f"limits of joint {name} of {robot.name} are {values} in its description")
    return lower, upper, velocity


def _number(said: Mapping[str, str], key: str) -> float:
    """A limit, NaN where it is missing or not a finite number."""
    try:
        value = float(said.get(key, "nan"))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _changes(robot: RobotConfig, fitted: dict[str, np.ndarray]) -> list[str]:
    return [
        f"{field} of {name} is {new:.4g} as in robot_description, not {old:.4g}"
        for field, values in fitted.items()
        for name, new, old in zip(robot.joint_names, values, getattr(robot, field), strict=True)
        if new != old
    ]
