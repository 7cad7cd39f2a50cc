"""Finds a way: straight if that is free, else out of what is violated and around what is not."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import numpy as np

from fmac_ros.control.planner.connect import connect
from fmac_ros.control.planner.path import NoPathError, Path
from fmac_ros.control.planner.shortcut import shorten
from fmac_ros.control.planner.space import FreeSpace, line

ARRIVED = 1e-6  # [rad]
INWARDS = 0.02  # [m] inside the box where a way back in ends
UPWARDS = (0.0, 0.05, 0.1)  # [m] over the table, tried in turn, for an arm that leans on something
BY_HAND = (
    "disarm, move the arm by hand or by the vendor's means into the workspace and clear of"
    " itself and the table, then arm and try again"
)


class Planner:
    """Plans in joint space, clear of the arm itself and the table; knows no other objects.

    The same start, goal and seed give the same way, unless the time limit ends the search.

    Args:
        space: where the arm may be.
        seed: of the random search.
        iterations: samples of the search at most.
        seconds: time for the search at most [s].
    """

    def __init__(
        self, space: FreeSpace, seed: int = 0, iterations: int = 3000, seconds: float = 10.0
    ) -> None:
        self._space = space
        self._seed, self._iterations, self._seconds = seed, iterations, seconds

    def plan(self, start: np.ndarray, goal: np.ndarray) -> Path:
        """A way from joint positions ``start`` to ``goal`` (n,), slow out of violations.

        Raises:
            NoPathError: the goal is not a free pose, or no way to it was found.
        """
        start, goal = np.array(start, float), np.array(goal, float)
        if fault := self._space.pose_fault(goal):
            raise NoPathError(f"the arm must not go there: {fault}")
        if np.max(np.abs(goal - start)) < ARRIVED:
            return Path(start[None], ())
        points = self._points(start, goal)
        points[1:1] = self._clear_of_violation(points[0], points[1])
        slow = tuple(bool(self._space.pose_fault(point)) for point in points[:-1])
        return Path(np.array(points), slow)

    def _points(self, start: np.ndarray, goal: np.ndarray) -> list[np.ndarray]:
        blocked = self._space.line_fault(start, goal)
        if not blocked:
            return [start, goal]
        wrong = self._space.pose_fault(start)
        if not wrong:
            return self._around(start, goal, blocked)
        for free in self._ways_out(start):
            if not (self._space.pose_fault(free) or self._space.line_fault(start, free)):
                onwards = self._space.line_fault(free, goal)
                rest = self._around(free, goal, onwards) if onwards else [free, goal]
                return [start, *rest]
        return self._around(start, goal, f"{wrong}; {blocked}")

    def _clear_of_violation(self, start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
        """Where a line out of a violation has left it, so that the rest need not be slow."""
        if not self._space.pose_fault(start):
            return []
        between = line(start, end)[1:-1]
        free = (q for q in between if not self._space.pose_fault(q))
        return list(itertools.islice(free, 1))

    def _around(self, start: np.ndarray, goal: np.ndarray, blocked: str) -> list[np.ndarray]:
        deadline = time.monotonic() + self._seconds
        found = connect(self._space, start, goal, self._seed, self._iterations, deadline)
        if found is None:
            raise NoPathError(f"no safe way to the pose was found: {blocked}; {BY_HAND}")
        return shorten(self._space, found, self._seed)

    def _ways_out(self, start: np.ndarray) -> Iterator[np.ndarray]:
        """Poses near ``start`` with the tip in the workspace, some higher over the table."""
        robot, kinematics = self._space.robot, self._space.kinematics
        tip, rotation = kinematics.forward(start)
        low, high = robot.workspace_lower + INWARDS, robot.workspace_upper - INWARDS
        for lift in UPWARDS:
            goal = np.clip(tip + [0.0, 0.0, lift], low, high)
            for kept in (rotation, kinematics.forward(robot.home)[1], None):
                yield kinematics.solve(start, goal, kept, iterations=100)
