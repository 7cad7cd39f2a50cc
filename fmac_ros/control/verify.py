"""The last look at a trajectory before it leaves, independent of how it was planned."""

from __future__ import annotations

import numpy as np

from fmac_ros.control.kinematics import Kinematics
from fmac_ros.control.trajectory import MotionState, Trajectory
from fmac_ros.robots import RobotConfig

ROUNDING = 1e-3  # part of a limit that rounding and interpolation may use up
START_TOLERANCE = 1e-4  # [rad, rad/s]
WORKSPACE_TOLERANCE = 0.01  # [m], for the tip's curved way between two points in the box


def verify_trajectory(
    trajectory: Trajectory, start: MotionState, robot: RobotConfig, kinematics: Kinematics
) -> str:
    """What is wrong with a trajectory that should go on from ``start``, empty if nothing."""
    for fault in (_shape_fault, _start_fault, _limit_fault):
        text = fault(trajectory, start, robot)
        if text:
            return text
    return _workspace_fault(trajectory, robot, kinematics)


def _shape_fault(trajectory: Trajectory, start: MotionState, robot: RobotConfig) -> str:
    samples = (trajectory.positions, trajectory.velocities, trajectory.accelerations)
    shape = (len(trajectory.times), robot.size)
    if shape[0] < 2 or any(array.shape != shape for array in samples):
        return f"arrays have shapes {[array.shape for array in samples]}, valid: {shape}, k >= 2"
    if not all(np.all(np.isfinite(array)) for array in (trajectory.times, *samples)):
        return "a sample is not finite"
    if trajectory.times[0] != 0 or np.any(np.diff(trajectory.times) <= 0):
        return "times do not increase from 0"
    if np.any(trajectory.velocities[-1]) or np.any(trajectory.accelerations[-1]):
        return "does not end at rest"
    return ""


def _start_fault(trajectory: Trajectory, start: MotionState, robot: RobotConfig) -> str:
    jump = np.abs(trajectory.positions[0] - start.q)
    kick = np.abs(trajectory.velocities[0] - start.v)
    if max(np.max(jump), np.max(kick)) > START_TOLERANCE:
        return f"starts {np.max(jump):.4f} rad and {np.max(kick):.4f} rad/s off the commanded state"
    return ""


def _limit_fault(trajectory: Trajectory, start: MotionState, robot: RobotConfig) -> str:
    # An arm that already is past a limit may come back, not go on.
    lower = np.minimum(robot.lower, start.q) - ROUNDING
    upper = np.maximum(robot.upper, start.q) + ROUNDING
    if np.any(trajectory.positions < lower) or np.any(trajectory.positions > upper):
        return "a joint leaves its range"
    if np.any(np.abs(trajectory.velocities) > robot.velocity * (1 + ROUNDING)):
        return "a joint is too fast"
    if np.any(np.abs(trajectory.accelerations) > robot.acceleration * (1 + ROUNDING)):
        return "a joint accelerates too hard"
    gaps = np.diff(trajectory.times)[:, None]  # (k-1, 1)
    steps = np.abs(np.diff(trajectory.positions, axis=0))  # (k-1, n)
    if np.any(steps > gaps * robot.velocity + ROUNDING):
        return "positions jump between samples"
    swings = np.abs(np.diff(trajectory.accelerations, axis=0))  # (k-1, n)
    if np.any(swings > gaps * robot.jerk * (1 + ROUNDING) + ROUNDING * robot.acceleration):
        return "a joint jerks too hard"
    return ""


def _workspace_fault(trajectory: Trajectory, robot: RobotConfig, kinematics: Kinematics) -> str:
    tips = np.array([kinematics.forward(q)[0] for q in trajectory.positions])  # (k, 3)
    outside = np.maximum(robot.workspace_lower - tips, tips - robot.workspace_upper).max(axis=1)
    worst = int(np.argmax(outside))
    if outside[worst] > max(WORKSPACE_TOLERANCE, outside[0] + 1e-4):
        return f"tip leaves the workspace at {tips[worst].round(3)} m"
    return ""
