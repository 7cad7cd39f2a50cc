"""Scripted people of the videos: Meta-World's own policies, their mistakes, and play."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fmac_ros.learning.actor import RandomPlay
from fmac_ros.metaworld.controller import HandController
from fmac_ros.metaworld.loading import make_policy
from fmac_ros.metaworld.world import MetaWorld

KINDS = ("expert", "recover", "near_miss", "random")
MAX_FRAMES = 100
HOLD_FRAMES = (4, 8)
PLAY_FRAMES = (18, 30)
MISTAKE_FRAMES = (4, 14)
SLOWEST = 0.6  # share of the fastest hand
STOPPED = (0.4, 0.9)  # share of an expert's way after which somebody stops
MISS = (0.06, 0.14)  # [m] beside, above or below the thing, where somebody takes it to be
MISSED_FIRST = 0.4  # share of the recoveries from a miss, whose frames so get a value; else play
LATE = (0.6, 1.2)  # share of an expert's way after which somebody sees that it was a miss
MISSING = 2 / 3  # share of the near misses that miss the thing; the others stop on the way
OBJECT = slice(4, 7)  # where a scripted policy finds the thing in Meta-World's observation


class Demonstrator:
    """Somebody before one task, the world already reset.

    Args:
        need: frames in which an expert of the same speed solves this layout.
    """

    def __init__(self, world: MetaWorld, rng: np.random.Generator, speed: float, need: int) -> None:
        self._world, self._rng, self._speed, self._need = world, rng, speed, need
        self._hand = HandController(world)
        self._policy = make_policy(world.goal.task)
        self._play = RandomPlay(self._hand.space.size, rng)
        self._grip = -1.0

    def show(self, kind: str) -> Iterator[None]:
        """Act as ``kind`` does, one video frame per item."""
        if kind == "expert":
            yield from self.solve()
        elif kind == "recover":
            yield from self._mistake()
            yield from self.solve()
        elif kind == "near_miss":
            yield from self._miss()
        elif kind == "random":
            yield from self.play(int(self._rng.integers(*PLAY_FRAMES)))
        else:
            raise ValueError(f"kind is {kind!r}, valid: {', '.join(KINDS)}")
        yield from self.hold(int(self._rng.integers(*HOLD_FRAMES)))

    def solve(self, frames: int = MAX_FRAMES, error: np.ndarray | None = None) -> Iterator[None]:
        """Follow the scripted policy until the task is solved, or for so many frames.

        Args:
            error: (3,) by which the thing is taken to be elsewhere [m].
        """
        for _ in range(frames):
            if self._world.ground_truth():
                return
            seen = self._world.privileged_state.copy()
            seen[OBJECT] += 0.0 if error is None else error
            self._move(self._policy.get_action(seen))
            yield

    def play(self, frames: int) -> Iterator[None]:
        """Wander, gripping now and then."""
        for _ in range(frames):
            self._move(self._play.act())
            yield

    def hold(self, frames: int) -> Iterator[None]:
        """Stay, and hold on to what is held."""
        for _ in range(frames):
            self._move(np.array([0.0, 0.0, 0.0, self._grip]))
            yield

    def _mistake(self) -> Iterator[None]:
        """Do it where the thing is not, or play, at once or on the way."""
        if self._rng.random() < MISSED_FIRST:
            yield from self.solve(self._part(LATE), self._error())
            return
        if self._rng.random() < 0.5:
            yield from self.solve(self._part(STOPPED))
        yield from self.play(int(self._rng.integers(*MISTAKE_FRAMES)))

    def _miss(self) -> Iterator[None]:
        """Stop on the way, or do it beside, above or below the thing."""
        if self._rng.random() < MISSING:
            yield from self.solve(self._need + HOLD_FRAMES[1], self._error())
        else:
            yield from self.solve(self._part(STOPPED))

    def _part(self, shares: tuple[float, float]) -> int:
        """Frames of a share of an expert's way, drawn between two."""
        return int(self._rng.uniform(*shares) * self._need)

    def _error(self) -> np.ndarray:
        """(3,) [m] by which the thing is taken to be elsewhere, where the hand can get to."""
        direction = self._rng.normal(size=3)
        error = direction / np.linalg.norm(direction) * self._rng.uniform(*MISS)
        lowest, _ = self._world.hand_box
        if self._world.privileged_state[OBJECT][2] + error[2] < lowest[2]:
            error[2] = abs(error[2])
        return error

    def _move(self, action: np.ndarray) -> None:
        limited = np.clip(action[:3], -self._speed, self._speed)
        self._grip = float(action[3])
        command = self._hand.move(np.append(limited, self._grip), self._world.time)
        self._world.obey(command)
