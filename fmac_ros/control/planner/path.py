"""A way through joint space, and what finds one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class NoPathError(RuntimeError):
    """No safe way was found; the text says what is in the way and what to do by hand."""


@dataclass(frozen=True)
class Path:
    """Straight lines in joint space from one waypoint to the next.

    Attributes:
        waypoints: (k, n) joint positions [rad], from the start to the goal; k is 1 where the
            arm is there already.
        slow: (k-1,) whether a line leads out of a violation and so is driven slowly.
    """

    waypoints: np.ndarray
    slow: tuple[bool, ...]

    def __post_init__(self) -> None:
        points = self.waypoints
        if points.ndim != 2 or not len(points) or not np.all(np.isfinite(points)):
            raise ValueError(f"waypoints are {points}, valid: (k, n) finite numbers, k >= 1")
        if len(self.slow) != len(points) - 1:
            raise ValueError(f"{len(self.slow)} lines between {len(points)} waypoints")

    @property
    def lengths(self) -> np.ndarray:
        """(k-1,) length of each line [rad]."""
        return np.linalg.norm(np.diff(self.waypoints, axis=0), axis=1)


class PathPlanner(Protocol):
    """Finds a way between two poses."""

    def plan(self, start: np.ndarray, goal: np.ndarray) -> Path:
        """A safe way from joint positions (n,) to others; NoPathError if none is found."""
        ...
