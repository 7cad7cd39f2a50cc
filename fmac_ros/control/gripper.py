"""The gripper as a policy moves it: open it, close it, or leave it as it was told before."""

from __future__ import annotations

import numpy as np

from fmac_ros.robots import RobotConfig

OPEN, CLOSED = 1.0, 0.0
DEAD_ZONE = 1 / 3  # an action nearer to 0 leaves the gripper: a grasp survives a noisy policy
FINGER_SPEED = 0.2  # [m/s]


def opening_of(robot: RobotConfig, positions: np.ndarray) -> float:
    """Opening from 0, closed, to 1, open, of finger ``positions`` (f,) [m]."""
    closed, opened = np.array(robot.gripper_closed), np.array(robot.gripper_open)
    share = np.mean((np.asarray(positions) - closed) / (opened - closed))
    return float(np.clip(share, CLOSED, OPEN))


def finger_positions(robot: RobotConfig, opening: float) -> np.ndarray:
    """Finger positions (f,) [m] of an opening; outside 0 to 1 it is taken to the nearer end."""
    closed, opened = np.array(robot.gripper_closed), np.array(robot.gripper_open)
    return closed + np.clip(opening, CLOSED, OPEN) * (opened - closed)


def wanted_opening(action: float, before: float) -> float:
    """The opening that an action in [-1, 1] asks for, after one that asked for ``before``."""
    if abs(action) <= DEAD_ZONE:
        return before
    return OPEN if action > 0 else CLOSED


def stroke_time(robot: RobotConfig) -> float:
    """How long the fingers need from open to closed [s]."""
    stroke = np.abs(np.subtract(robot.gripper_open, robot.gripper_closed))
    return float(stroke.max()) / FINGER_SPEED
