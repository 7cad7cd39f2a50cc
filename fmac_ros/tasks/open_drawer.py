"""Open the drawer, or that of the named colour, by its bar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from fmac_ros.sim.cabinet import FRONT, GAP
from fmac_ros.sim.objects import COLOURS
from fmac_ros.tasks.base import Goal, Layout
from fmac_ros.tasks.drawers import DrawerScene

OPEN = 0.08  # [m] from here on it counts as open
INSIDE = FRONT + GAP / 2  # [m], the tip between front and bar
PULLED = 0.105  # [m] that the expert goes on pulling to
TOO_SHORT = (0.03, 0.065)  # [m] that a near miss draws it


class OpenDrawerLayout(DrawerScene):
    """A closed cabinet."""

    def solved(self, name: str, tool: np.ndarray) -> bool:
        """The named drawer is drawn far enough."""
        return self.cabinet.drawn(name) >= OPEN

    def waypoints(self, name: str, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Over the gap behind the bar, down into it, and away from the cabinet."""
        yield from self._pull(name, rng.uniform(0.10, 0.13), rng.uniform(-0.008, 0.008), PULLED)

    def _pull(
        self, name: str, height: float, aside: float, drawn: float, too_high: float = 0.0
    ) -> Iterator[np.ndarray]:
        ends = (INSIDE + self.cabinet.drawn(name), INSIDE + drawn)
        return self.path(name, ends, height, aside, too_high)

    def missed(
        self,
        name: str,
        waypoints: Iterable[np.ndarray],
        distance: tuple[float, float],
        rng: np.random.Generator,
    ) -> Iterator[np.ndarray]:
        """Stop too early, pass over the bar, or beside the drawer."""
        kind, height = rng.integers(3), rng.uniform(0.10, 0.13)
        if kind == 0:
            # the play between tip and bar is not drawn
            yield from self._pull(name, height, 0.0, rng.uniform(*TOO_SHORT))
        elif kind == 1:
            yield from self._pull(name, height, 0.0, PULLED, too_high=rng.uniform(0.05, 0.08))
        else:
            yield from self._pull(name, height, self.beside(rng), PULLED)


class OpenDrawer:
    """``open the drawer``, ``open the red drawer``."""

    name = "open_drawer"
    templates: tuple[str, ...] = (
        "open the drawer",
        "pull the drawer open",
        "slide the drawer out",
        "open the {} drawer",
        "pull the {} drawer open",
        "slide the {} drawer out",
    )
    targets = ("", *COLOURS)
    gripper = False
    horizon = 40

    def build(self, client: int, goal: Goal, rng: np.random.Generator) -> Layout:
        """Stand a closed cabinet somewhere."""
        return OpenDrawerLayout(client, goal, rng)
