"""Close the drawer, or that of the named colour, which stands open at first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from fmac_ros.sim.cabinet import BAR, FRONT, GAP
from fmac_ros.sim.objects import COLOURS
from fmac_ros.tasks.base import Goal, Layout
from fmac_ros.tasks.drawers import DrawerScene

CLOSED = 0.012  # [m] up to here it counts as closed
START = (0.06, 0.11)  # [m] that drawers are out at first
OUTSIDE = FRONT + GAP + BAR  # [m], the bar's outer side
TIP = 0.011  # [m], from the tip to the side of the fingers
BEFORE = 0.035  # [m] before the bar, where the tip comes down
NOT_YET = (0.03, 0.05)  # [m] that a near miss leaves it out


class CloseDrawerLayout(DrawerScene):
    """A cabinet with its drawers open, each by another distance."""

    def __init__(self, client: int, goal: Goal, rng: np.random.Generator) -> None:
        super().__init__(client, goal, rng)
        for name in self.names:
            self.cabinet.draw(name, rng.uniform(*START))

    def solved(self, name: str, tool: np.ndarray) -> bool:
        """The named drawer is in."""
        return self.cabinet.drawn(name) <= CLOSED

    def waypoints(self, name: str, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Down before the bar, then towards the cabinet."""
        yield from self._push(name, rng.uniform(0.10, 0.13), rng.uniform(-0.015, 0.015), -0.004)

    def _push(
        self, name: str, height: float, aside: float, left: float, too_high: float = 0.0
    ) -> Iterator[np.ndarray]:
        ends = (OUTSIDE + self.cabinet.drawn(name) + BEFORE, OUTSIDE + TIP + left)
        return self.path(name, ends, height, aside, too_high)

    def missed(
        self,
        name: str,
        waypoints: Iterable[np.ndarray],
        distance: tuple[float, float],
        rng: np.random.Generator,
    ) -> Iterator[np.ndarray]:
        """Stop too early, pass over the drawer, or beside it."""
        kind, height = rng.integers(3), rng.uniform(0.10, 0.13)
        if kind == 0:
            yield from self._push(name, height, 0.0, rng.uniform(*NOT_YET))
        elif kind == 1:
            yield from self._push(name, height, 0.0, 0.0, too_high=rng.uniform(0.055, 0.08))
        else:
            yield from self._push(name, height, self.beside(rng), 0.0)


class CloseDrawer:
    """``close the drawer``, ``close the red drawer``."""

    name = "close_drawer"
    templates: tuple[str, ...] = (
        "close the drawer",
        "push the drawer shut",
        "slide the drawer in",
        "close the {} drawer",
        "push the {} drawer shut",
        "slide the {} drawer in",
    )
    targets = ("", *COLOURS)
    gripper = False
    horizon = 40

    def build(self, client: int, goal: Goal, rng: np.random.Generator) -> Layout:
        """Stand an open cabinet somewhere."""
        return CloseDrawerLayout(client, goal, rng)
