"""A trajectory that a Franka arm is asked to follow, and why it must not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fmac_ros.control.gate import MAX_START_JUMP
from fmac_ros.robots import RobotConfig

LONGEST = 10.0  # [s]
MOST_POINTS = 2000
ROUNDING = 1e-3  # part of a limit
# What a message may add to a mean acceleration: velocities of points are rounded or filtered.
ACCELERATION_SLACK = 1.1


@dataclass(frozen=True)
class Way:
    """A trajectory that was asked for: times (k,) [s] from now, positions, velocities (k, n)."""

    times: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray

    def since(self, passed: float) -> Way:
        """The same from ``passed`` [s] later on; at least its end is left.

        Negative for a trajectory that begins later.
        """
        keep = self.times > passed
        keep[-1] = True
        times = np.maximum(self.times[keep] - passed, 1e-3)
        return Way(times, self.positions[keep], self.velocities[keep])


def fault(way: Way, commanded: np.ndarray, robot: RobotConfig) -> str:
    """Why an arm commanded to (7,) [rad] must not follow a way; empty if it may."""
    if len(way.times) > MOST_POINTS or way.times[-1] > LONGEST:
        return (
            f"{len(way.times)} points in {way.times[-1]:.1f} s, valid: up to {MOST_POINTS} in "
            f"{LONGEST:.0f} s"
        )
    for text in (_range_fault(way, commanded, robot), _jump_fault(way, commanded, robot)):
        if text:
            return text
    return _speed_fault(way, robot)


def _range_fault(way: Way, commanded: np.ndarray, robot: RobotConfig) -> str:
    # An arm that already is past a limit may come back, not go on.
    lower = np.minimum(robot.lower, commanded) - ROUNDING
    upper = np.maximum(robot.upper, commanded) + ROUNDING
    outside = np.any((way.positions < lower) | (way.positions > upper), axis=0)
    return _name("leaves its range", outside, robot)


def _jump_fault(way: Way, commanded: np.ndarray, robot: RobotConfig) -> str:
    reachable = MAX_START_JUMP + robot.velocity * way.times[0]
    jump = np.abs(way.positions[0] - commanded)
    return _name("starts too far from where it is", jump > reachable, robot)


def _speed_fault(way: Way, robot: RobotConfig) -> str:
    fast = np.any(np.abs(way.velocities) > robot.velocity * (1 + ROUNDING), axis=0)
    gaps = np.diff(way.times)[:, None]  # (k-1, 1)
    steps = np.abs(np.diff(way.positions, axis=0))
    fast |= np.any(steps > gaps * robot.velocity + ROUNDING, axis=0)
    if np.any(fast):
        return _name("is too fast", fast, robot)
    changes = np.abs(np.diff(way.velocities, axis=0))
    allowed = gaps * robot.acceleration * ACCELERATION_SLACK + ROUNDING
    return _name("accelerates too hard", np.any(changes > allowed, axis=0), robot)


def _name(what: str, joints: np.ndarray, robot: RobotConfig) -> str:
    wrong = [name for name, bad in zip(robot.joint_names, joints, strict=True) if bad]
    return f"{', '.join(wrong)} {what}" if wrong else ""
