"""Leaves out the detours of a way that was found at random."""

from __future__ import annotations

import numpy as np

from fmac_ros.control.planner.space import FreeSpace

TRIES = 30


def shorten(space: FreeSpace, waypoints: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """Fewer waypoints for the same ends: each goes straight to the farthest it can, and some
    random cuts between the lines."""
    points = _skip(space, waypoints)
    rng = np.random.default_rng(seed)
    for _ in range(TRIES if len(points) > 2 else 0):
        points = _cut(space, points, rng)
        if len(points) == 2:
            break
    return _skip(space, points)


def _skip(space: FreeSpace, points: list[np.ndarray]) -> list[np.ndarray]:
    kept, at = [points[0]], 0
    while at < len(points) - 1:
        ahead = range(len(points) - 1, at, -1)
        # The next waypoint is always reached: the way that was given goes there.
        at = next(i for i in ahead if i == at + 1 or not space.line_fault(points[at], points[i]))
        kept.append(points[at])
    return kept


def _cut(space: FreeSpace, points: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Join a random place of one line with one of a later line, if that is free."""
    first, second = sorted(rng.choice(len(points) - 1, 2, replace=False))
    share = rng.random(2)
    a = points[first] + share[0] * (points[first + 1] - points[first])
    b = points[second] + share[1] * (points[second + 1] - points[second])
    tried = [*points[: first + 1], a, b, *points[second + 1 :]]
    # A part of a free line is free only in a space without violations, so all three are looked at.
    lines = ((points[first], a), (a, b), (b, points[second + 1]))
    return points if any(space.line_fault(*ends) for ends in lines) else tried
