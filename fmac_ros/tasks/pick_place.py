"""Put the block of the named colour into the bowl, or on the plate of the named colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pybullet

from fmac_ros.sim.dishes import BOWL_FLOOR, PLATE_HEIGHT, bowl, plate
from fmac_ros.sim.objects import COLOURS, block, place_of
from fmac_ros.tasks.base import Goal, Layout, draw_colours, pairs, scatter

HALF = 0.022  # [m] of a block
FRICTION = 1.0
TOLERANCE = 0.045  # [m], the block's centre to the dish's
GRASP_Z = 0.030  # [m] of the tip
CARRY_Z = (0.12, 0.15)  # [m]
RELEASE = 0.012  # [m] above where the block will lie; over the rim of a bowl
RIM = 0.026  # [m] more over a bowl, whose sides the opening fingers must not touch
OPEN, CLOSED = 1.0, 0.0


class PickPlaceLayout:
    """Two blocks and a plate or a bowl."""

    def __init__(self, client: int, goal: Goal, rng: np.random.Generator) -> None:
        self._client = client
        thing, *place = goal.target.split()
        others = [colour for colour in COLOURS if colour not in (thing, *place)]
        other = draw_colours(rng, thing, (thing, *others), 1)[1]
        colours = (thing, other)
        self.names = tuple(" ".join([colour, *place]) for colour in colours)
        own, self._dish, theirs = scatter(rng, 3, distance=0.13)
        if place:
            self._floor, self._release = PLATE_HEIGHT, RELEASE
            self._plate = plate(client, self._dish, COLOURS[place[0]])
        else:
            self._floor, self._release = BOWL_FLOOR, RELEASE + RIM
            self._plate = bowl(client, self._dish)
        self._blocks = {
            name: block(client, xy, COLOURS[colour], HALF, FRICTION)
            for name, xy, colour in zip(self.names, (own, theirs), colours, strict=True)
        }

    def solved(self, name: str, tool: np.ndarray) -> bool:
        """The named block lies in the dish and nothing holds it."""
        body = self._blocks[name]
        x, y, z = place_of(self._client, body)
        if np.linalg.norm(self._dish - (x, y)) > TOLERANCE or z > self._floor + HALF + 0.012:
            return False
        contacts = pybullet.getContactPoints(bodyA=body, physicsClientId=self._client)
        return {contact[2] for contact in contacts} == {self._plate}

    def waypoints(self, name: str, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Over the block, down, close; up, over the dish, down, open; up."""
        yield from self._grasp(name, rng.uniform(-0.004, 0.004, 2), rng.uniform(0.10, 0.13))
        yield from self._carry(name, rng.uniform(-0.008, 0.008, 2), rng.uniform(*CARRY_Z), OPEN)

    def _grasp(self, name: str, shift: np.ndarray, height: float, z: float = GRASP_Z) -> Iterator:
        xy = place_of(self._client, self._blocks[name])[:2] + shift
        yield np.array([*xy, height, OPEN])
        yield np.array([*xy, z, CLOSED])

    def _carry(self, name: str, shift: np.ndarray, height: float, then: float) -> Iterator:
        block_xy = place_of(self._client, self._blocks[name])[:2]
        yield np.array([*block_xy, height])
        xy = self._dish + shift
        down = np.array([*xy, GRASP_Z + self._floor + self._release, then])
        yield np.array([*xy, height])
        yield down
        yield down[:3] + [0, 0, 0.05]

    def missed(
        self,
        name: str,
        waypoints: Iterable[np.ndarray],
        distance: tuple[float, float],
        rng: np.random.Generator,
    ) -> Iterator[np.ndarray]:
        """Grasp beside the block or over it, let it fall beside the dish, or keep hold of it."""
        kind, height = rng.integers(4), rng.uniform(*CARRY_Z)
        if kind == 0:  # along x, where no finger comes down on the block
            shift = np.array([rng.choice([-1, 1]) * rng.uniform(0.05, 0.07), 0.0])
            yield from self._grasp(name, shift, height)
            yield from self._carry(name, np.zeros(2), height, OPEN)
        elif kind == 1:
            yield from self._grasp(name, np.zeros(2), height, z=rng.uniform(0.075, 0.09))
            yield from self._carry(name, np.zeros(2), height, OPEN)
        elif kind == 2:
            angle = rng.uniform(0, 2 * np.pi)
            shift = rng.uniform(0.085, 0.12) * np.array([np.cos(angle), np.sin(angle)])
            yield from self._grasp(name, np.zeros(2), height)
            yield from self._carry(name, shift, height, OPEN)
        else:
            yield from self._grasp(name, np.zeros(2), height)
            yield from self._carry(name, np.zeros(2), height, CLOSED)

    def remove(self) -> None:
        """Take blocks and dish away."""
        for body in (*self._blocks.values(), self._plate):
            pybullet.removeBody(body, physicsClientId=self._client)


class PickPlace:
    """``put the red block into the bowl``, ``put the red block on the green plate``."""

    name = "pick_place"
    templates: tuple[str, ...] = (
        "put the {} block into the bowl",
        "place the {} block in the bowl",
        "pick up the {} block and drop it into the bowl",
        "put the {} block on the {} plate",
        "place the {} block on the {} plate",
        "pick up the {} block and put it on the {} plate",
    )
    targets = (*COLOURS, *pairs(COLOURS))
    gripper = True
    horizon = 60

    def build(self, client: int, goal: Goal, rng: np.random.Generator) -> Layout:
        """Draw two blocks, one of the goal's colour, and the dish it names."""
        return PickPlaceLayout(client, goal, rng)
