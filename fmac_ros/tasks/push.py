"""Push the block of the named colour onto the mark of the named colour; another block distracts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pybullet

from fmac_ros.sim.dishes import mark
from fmac_ros.sim.objects import COLOURS, block, place_of
from fmac_ros.tasks.base import REGION_LOWER, REGION_UPPER, Goal, Layout, draw_colours, pairs

HALF = 0.026  # [m] of a block
TOLERANCE = 0.03  # [m], the block's centre to the mark's
FRICTION = 1.0
TIP_Z = 0.034  # [m] while pushing
FINGERS = np.array([0.011, 0.022])  # [m], half the closed fingers' thickness along x and y
STEP = 0.024  # [m] of the block between two looks
BEFORE = 0.018  # [m] between the fingers and the block, where the tip comes down
PUSH = (0.09, 0.16)  # [m] from block to mark
SLANT = 0.25  # [rad] of the push to the block's sides; a finger slips off at more
CLEAR = 0.085  # [m] around the way of block and tool


class PushLayout:
    """Two blocks and a mark."""

    def __init__(self, client: int, goal: Goal, rng: np.random.Generator) -> None:
        self._client = client
        thing, place = goal.target.split()
        others = [colour for colour in COLOURS if colour not in (thing, place)]
        other = draw_colours(rng, thing, (thing, *others), 1)[1]
        self.names = (f"{thing} {place}", f"{other} {place}")
        own, self._mark, theirs = _draw(rng)
        self._blocks = {
            name: block(client, xy, COLOURS[colour], HALF, FRICTION)
            for name, xy, colour in zip(self.names, (own, theirs), (thing, other), strict=True)
        }
        self._disc = mark(client, self._mark, COLOURS[place])

    def solved(self, name: str, tool: np.ndarray) -> bool:
        """The named block lies on the mark."""
        x, y, z = place_of(self._client, self._blocks[name])
        distance = np.linalg.norm(self._mark - (x, y))
        return bool(distance < TOLERANCE and z < HALF + 0.005)

    def waypoints(self, name: str, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Over the block and down behind it, then on, keeping it between tip and mark."""
        height = rng.uniform(0.10, 0.13)
        yield from self._push(name, height, stop=0.012)

    def _push(self, name: str, height: float, stop: float) -> Iterator[np.ndarray]:
        """Push until the block is ``stop`` [m] from the mark."""
        centre, straight, _ = self._way(name)
        way = straight
        behind = centre - (_contact(way) + BEFORE) * way
        yield np.array([*behind, height])
        yield np.array([*behind, TIP_Z])
        point = behind
        for _ in range(30):
            centre, way, distance = self._way(name)
            if distance < stop:
                return
            if way @ straight < 0.7:  # it has slipped aside
                break
            ahead = min(STEP, distance - stop + 0.004)
            point = centre + (ahead - _contact(way)) * way
            yield np.array([*point, TIP_Z])
        yield np.array([*point, height])

    def _way(self, name: str) -> tuple[np.ndarray, np.ndarray, float]:
        """The block's centre (2,), the direction (2,) of the mark from there, how far it is."""
        centre = place_of(self._client, self._blocks[name])[:2]
        gap = self._mark - centre
        distance = float(np.linalg.norm(gap))
        return centre, gap / max(distance, 1e-6), distance

    def missed(
        self,
        name: str,
        waypoints: Iterable[np.ndarray],
        distance: tuple[float, float],
        rng: np.random.Generator,
    ) -> Iterator[np.ndarray]:
        """Stop short of the mark, pass beside the block, or pass over it."""
        kind = rng.integers(3)
        if kind == 0:
            yield from self._push(name, 0.11, stop=rng.uniform(*distance))
            return
        _, way, length = self._way(name)
        shift = np.array([0.0, 0.0, rng.uniform(0.045, 0.08)])
        if kind == 1:
            aside = rng.choice([-1, 1]) * rng.uniform(0.065, 0.10)
            shift = aside * np.array([-way[1], way[0], 0.0])
        centre = place_of(self._client, self._blocks[name])[:2]
        start = np.array([*centre - (_contact(way) + BEFORE) * way, TIP_Z])
        end = start + length * np.array([*way, 0.0])
        for point in (start + [0, 0, 0.08], start, end):
            yield point + shift

    def remove(self) -> None:
        """Take blocks and mark away."""
        for body in (*self._blocks.values(), self._disc):
            pybullet.removeBody(body, physicsClientId=self._client)


def _contact(way: np.ndarray) -> float:
    """From the tip to the centre of a block that it pushes along ``way`` (2,) [m]."""
    return HALF + float(np.abs(way) @ FINGERS)


def _draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places (2,) of the block, the mark and the other block, which is not in the way."""
    while True:
        own, other = rng.uniform(REGION_LOWER, REGION_UPPER, (2, 2))
        angle = rng.integers(4) * np.pi / 2 + rng.uniform(-SLANT, SLANT)
        way, length = np.array([np.cos(angle), np.sin(angle)]), rng.uniform(*PUSH)
        goal = own + length * way
        if (goal < REGION_LOWER).any() or (goal > REGION_UPPER).any():
            continue
        start, end = own - (_contact(way) + BEFORE + 0.01) * way, goal + HALF * way
        along = np.clip((other - start) @ way, 0, (end - start) @ way)
        if np.linalg.norm(start + along * way - other) > CLEAR and start[0] > 0.34:
            return own, goal, other


class Push:
    """``push the red block to the green mark``."""

    name = "push"
    templates: tuple[str, ...] = (
        "push the {} block to the {} mark",
        "move the {} block onto the {} mark",
        "slide the {} block to the {} mark",
    )
    targets = pairs(COLOURS)
    gripper = False
    horizon = 40

    def build(self, client: int, goal: Goal, rng: np.random.Generator) -> Layout:
        """Draw two blocks and a mark, one block and the mark of the goal's colours."""
        return PushLayout(client, goal, rng)
