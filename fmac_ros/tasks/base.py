"""What a task is: sentences, a random layout, and how a person would show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

# Where objects may stand: inside every arm's reach and both cameras' views [m].
REGION_LOWER = np.array([0.40, -0.17])
REGION_UPPER = np.array([0.60, 0.17])


@dataclass(frozen=True)
class Goal:
    """A task sentence resolved to what it asks for.

    Attributes:
        task: name of the task in the registry.
        target: the colour of the thing that the sentence names.
        sentence: the sentence as the user gave it.
    """

    task: str
    target: str
    sentence: str


class Layout(Protocol):
    """One random arrangement of a task's objects in a physics world."""

    @property
    def names(self) -> tuple[str, ...]:
        """The things a goal of this task could name here; the first is the goal's own."""
        ...

    def solved(self, name: str, tool: np.ndarray) -> bool:
        """Ground truth, for evaluation: whether the task is solved for ``name``."""
        ...

    def waypoints(self, name: str, rng: np.random.Generator) -> list[np.ndarray]:
        """Tool positions (3,) [m] that a scripted expert passes to solve it for ``name``."""
        ...

    def remove(self) -> None:
        """Take the objects out of the world again."""
        ...


class Task(Protocol):
    """A family of sentences that share a kind of scene; one file each."""

    name: str
    templates: tuple[str, ...]

    def build(self, client: int, goal: Goal, rng: np.random.Generator) -> Layout:
        """Put a random layout for ``goal`` into the physics client's world."""
        ...


def progress_by_distance(distance: float | np.floating) -> float:
    """1 where no way is left, 0 from half a metre [m] on."""
    return float(np.clip(1.0 - 2.0 * distance, 0.0, 1.0))


def scatter(rng: np.random.Generator, count: int, distance: float) -> np.ndarray:
    """Draw ``count`` table positions (count, 2) [m] that keep ``distance`` [m] apart."""
    while True:
        points = rng.uniform(REGION_LOWER, REGION_UPPER, (count, 2))
        gaps = np.linalg.norm(points[:, None] - points[None], axis=-1)
        if count < 2 or gaps[np.triu_indices(count, 1)].min() >= distance:
            return points


def draw_colours(
    rng: np.random.Generator, target: str, colours: Sequence[str], count: int
) -> tuple[str, ...]:
    """The target's colour first, then ``count`` others without repetition."""
    others = [colour for colour in colours if colour != target]
    return (target, *rng.permutation(others)[:count].tolist())
