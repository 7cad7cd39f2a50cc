"""RRT-Connect: two trees that grow towards each other (Kuffner and LaValle, 2000)."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from fmac_ros.control.planner.space import FreeSpace

REACH = 0.4  # [rad], longest branch
DRAWS_AT_THE_TIP = 0.5  # share of samples drawn in the workspace box, not in joint space


class _Tree:
    """Poses, each with the one that it was reached from."""

    def __init__(self, root: np.ndarray) -> None:
        self._poses, self._parents = [root], [-1]

    def nearest(self, q: np.ndarray) -> int:
        return int(np.argmin(np.linalg.norm(np.array(self._poses) - q, axis=1)))

    def pose(self, index: int) -> np.ndarray:
        return self._poses[index]

    def add(self, q: np.ndarray, parent: int) -> int:
        self._poses.append(q)
        self._parents.append(parent)
        return len(self._poses) - 1

    def branch(self, index: int) -> list[np.ndarray]:
        """Poses from the root to ``index``."""
        found = []
        while index >= 0:
            found.append(self._poses[index])
            index = self._parents[index]
        return found[::-1]


def connect(
    space: FreeSpace,
    start: np.ndarray,
    goal: np.ndarray,
    seed: int,
    iterations: int,
    deadline: float,
    clock: Callable[[], float] = time.monotonic,
) -> list[np.ndarray] | None:
    """Waypoints from ``start`` to ``goal`` (n,), or None where none were found.

    Args:
        seed: the same seed gives the same way, while the deadline is not met.
        iterations: samples drawn at most.
        deadline: when to give up, on ``clock`` [s].
    """
    rng = np.random.default_rng(seed)
    trees = [_Tree(start), _Tree(goal)]
    for turn in range(iterations):
        if clock() > deadline:
            return None
        grown, other = trees[turn % 2], trees[1 - turn % 2]
        reached = _grow(space, grown, _draw(space, rng, start))
        if reached is None:
            continue
        met = _join(space, other, grown.pose(reached))
        if met is not None:
            halves = (grown.branch(reached), other.branch(met))
            first, second = halves if turn % 2 == 0 else halves[::-1]
            return first + second[:-1][::-1]
    return None


def _draw(space: FreeSpace, rng: np.random.Generator, seed: np.ndarray) -> np.ndarray:
    """A pose (n,) within the joint limits: half of the time with its tip in the workspace."""
    robot = space.robot
    q = rng.uniform(robot.lower, robot.upper)
    if rng.random() >= DRAWS_AT_THE_TIP:
        return q
    near = robot.home + 0.3 * (q - robot.home)
    tip = rng.uniform(robot.workspace_lower, robot.workspace_upper)
    return space.kinematics.solve(near, tip)


def _grow(space: FreeSpace, tree: _Tree, target: np.ndarray) -> int | None:
    """One branch towards a pose; the new node, None where something is in the way."""
    index = tree.nearest(target)
    origin = tree.pose(index)
    way = target - origin
    length = float(np.linalg.norm(way))
    if length < 1e-6:
        return None
    q = origin + way * min(1.0, REACH / length)
    return None if space.line_fault(origin, q) else tree.add(q, index)


def _join(space: FreeSpace, tree: _Tree, target: np.ndarray) -> int | None:
    """Branches towards a pose until it is reached; its node, None where one is blocked."""
    while True:
        index = _grow(space, tree, target)
        if index is None:
            return None
        if np.array_equal(tree.pose(index), target):
            return index
