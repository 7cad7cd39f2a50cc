"""Bring the tool's tip to the ball of the named colour, among two others."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pybullet

from fmac_ros.sim.objects import COLOURS, ball_on_stand
from fmac_ros.tasks.base import Goal, Layout, beside, draw_colours, progress_by_distance, scatter

RADIUS = 0.025  # [m]
TOLERANCE = 0.04  # [m], tip to the ball's centre


class ReachLayout:
    """Three balls of different colours on stands of different heights."""

    def __init__(self, client: int, goal: Goal, rng: np.random.Generator) -> None:
        self._client = client
        self.names = draw_colours(rng, goal.target, tuple(COLOURS), 2)
        heights = rng.uniform(0.05, 0.22, len(self.names))
        points = np.column_stack([scatter(rng, len(self.names), distance=0.13), heights])
        self._centres = dict(zip(self.names, points, strict=True))
        self._bodies = [
            body
            for name in self.names
            for body in ball_on_stand(client, self._centres[name], COLOURS[name], RADIUS)
        ]

    def solved(self, name: str, tool: np.ndarray) -> bool:
        """The tool's tip is at the named ball."""
        return bool(np.linalg.norm(tool - self._centres[name]) < TOLERANCE)

    def waypoints(self, name: str, rng: np.random.Generator) -> list[np.ndarray]:
        """Straight to the ball's centre, or over a point above it."""
        centre = self._centres[name] + rng.uniform(-0.008, 0.008, 3)
        above = centre + [0, 0, rng.uniform(0.04, 0.09)]
        return [above, centre] if rng.random() < 0.5 else [centre]

    def progress(self, name: str, tool: np.ndarray) -> float:
        """For oracles: 1 at the named ball, less by 2 for each metre from it, at least 0."""
        return progress_by_distance(np.linalg.norm(tool - self._centres[name]) - TOLERANCE)

    def missed(
        self,
        name: str,
        waypoints: Iterable[np.ndarray],
        distance: tuple[float, float],
        rng: np.random.Generator,
    ) -> list[np.ndarray]:
        """The same motion beside the right place, or above it."""
        return beside(waypoints, distance, rng)

    def remove(self) -> None:
        """Take the balls and stands away."""
        for body in self._bodies:
            pybullet.removeBody(body, physicsClientId=self._client)


class Reach:
    """``reach the red ball``."""

    name = "reach"
    templates: tuple[str, ...] = (
        "reach the {} ball",
        "move to the {} ball",
        "touch the {} ball",
    )
    targets = tuple(COLOURS)
    gripper = False
    horizon = 40

    def build(self, client: int, goal: Goal, rng: np.random.Generator) -> Layout:
        """Draw three balls, one of the goal's colour."""
        return ReachLayout(client, goal, rng)
