"""The scene that opening and closing a drawer share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pybullet

from fmac_ros.sim.cabinet import GRIP_Z, Cabinet, cabinet
from fmac_ros.sim.objects import COLOURS, block
from fmac_ros.tasks.base import Goal, draw_colours


class DrawerScene:
    """A cabinet, with two drawers of different colours, or one where no colour is named.

    A loose block distracts: it stands beside the cabinet.
    """

    def __init__(self, client: int, goal: Goal, rng: np.random.Generator) -> None:
        self.client = client
        colours = tuple(COLOURS)
        if goal.target:
            self.names = draw_colours(rng, goal.target, colours, 1)
            drawers = [(name, COLOURS[name]) for name in rng.permutation(self.names).tolist()]
        else:
            self.names = (goal.target,)
            drawers = [(goal.target, COLOURS[str(rng.choice(colours))])]
        free = 0.03 if goal.target else 0.08  # [m] to either side
        xy = np.array([rng.uniform(0.40, 0.44), rng.uniform(-free, free)])
        self.cabinet: Cabinet = cabinet(client, xy, rng.uniform(-0.15, 0.15), drawers)
        self._block = self._distract(xy, rng)

    def _distract(self, xy: np.ndarray, rng: np.random.Generator) -> int:
        aside = rng.uniform(0.17, 0.20) if len(self.names) > 1 else rng.uniform(0.13, 0.17)
        y = xy[1] - np.copysign(aside, xy[1])
        colour = str(rng.choice(list(COLOURS)))
        return block(self.client, np.array([rng.uniform(0.42, 0.58), y]), COLOURS[colour])

    def path(
        self,
        name: str,
        ends: tuple[float, float],
        height: float,
        aside: float,
        too_high: float = 0.0,
    ) -> Iterator[np.ndarray]:
        """Over the first of two distances from the cabinet [m], down, and on to the second."""
        start, end = ends
        at = self.cabinet.point
        yield at(name, start, height + too_high, aside)
        yield at(name, start, GRIP_Z + too_high, aside)
        yield at(name, end, GRIP_Z + too_high, aside)

    def beside(self, rng: np.random.Generator) -> float:
        """So far aside [m] that the tip misses the cabinet."""
        return float(rng.choice([-1, 1]) * (self.cabinet.width / 2 + rng.uniform(0.035, 0.05)))

    def remove(self) -> None:
        """Take cabinet and block away."""
        for body in (self.cabinet.body, self._block):
            pybullet.removeBody(body, physicsClientId=self.client)
