"""Where the arm may be, and along which straight lines it may go."""

from __future__ import annotations

import numpy as np

from fmac_ros.control.collision import Collisions
from fmac_ros.control.gate import finite_vector
from fmac_ros.control.kinematics import Kinematics
from fmac_ros.robots import RobotConfig

BOX_TOLERANCE = 0.005  # [m]; half of what verify_trajectory lets a sample be outside
STEP = 0.02  # [rad], largest motion of a joint between two looks at a line
STEP_SUM = 0.06  # [rad], the same of all joints together
CREEP = 1e-6  # [m], rounding of a distance that must not grow


class FreeSpace:
    """Joint limits, workspace box, table and the arm itself.

    One rule holds on every line: what is violated where it starts (a tip outside the box, a pair
    of links that touch) may get better, never worse, and nothing new may be violated. A line that
    starts in a free pose therefore is free.
    """

    def __init__(self, robot: RobotConfig, kinematics: Kinematics, collisions: Collisions) -> None:
        self.robot = robot
        self.kinematics = kinematics
        self._collisions = collisions

    def pose_fault(self, q: np.ndarray) -> str:
        """Why the arm must not be at joint positions q (n,), empty if it may."""
        robot = self.robot
        if not finite_vector(q, robot.size):
            return f"joint positions are {q}, valid: {robot.size} finite numbers"
        beyond = (q < robot.lower) | (q > robot.upper)
        if np.any(beyond):
            i = int(np.argmax(beyond))
            low, high = robot.lower[i], robot.upper[i]
            return f"{robot.joint_names[i]} is at {q[i]:.3f}, valid: {low:.3f} to {high:.3f} rad"
        outside = self.outside(q)
        if outside > BOX_TOLERANCE:
            tip = self.kinematics.forward(q)[0].round(3)
            return f"the tip is {outside:.3f} m outside the workspace, at {tip} m"
        touching = self._collisions.fault(q)
        return f"{touching} touch" if touching else ""

    def line_fault(self, start: np.ndarray, end: np.ndarray) -> str:
        """Why the arm must not go straight from ``start`` to ``end`` (n,), empty if it may."""
        before, outside = start, self.outside(start)
        for q in line(start, end)[1:]:
            now = self.outside(q)
            if now > max(BOX_TOLERANCE, outside + CREEP):
                return f"the tip would leave the workspace at {self.kinematics.forward(q)[0]} m"
            if touching := self._collisions.fault(q, before):
                return f"{touching} would touch"
            before, outside = q, now
        return ""

    def outside(self, q: np.ndarray) -> float:
        """How far [m] the tip is out of the workspace box at q (n,), 0 inside."""
        tip, robot = self.kinematics.forward(q)[0], self.robot
        return float(max(0.0, *(robot.workspace_lower - tip), *(tip - robot.workspace_upper)))


def line(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(k, n) poses on the straight line between two, near enough to each other to be looked at."""
    way = np.abs(end - start)
    steps = max(1, int(np.ceil(max(np.max(way) / STEP, np.sum(way) / STEP_SUM))))
    return np.linspace(start, end, steps + 1)
