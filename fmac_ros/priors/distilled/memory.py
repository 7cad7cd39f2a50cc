"""What the teacher said, within bounds."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from fmac_ros.picture import fingerprint

HALF = 0.5
RARE_SHARE = 4  # a mini-batch holds at least one in so many of the rarer side


@dataclass(frozen=True)
class Lesson:
    """One answer of the teacher.

    Attributes:
        key: of the picture and the sentence (``key_of``).
        latent: (c, h, w) float16.
        answer: 0..1; for success, 0.5 and more is "solved".
    """

    key: bytes
    latent: np.ndarray
    sentence: str
    answer: float


def key_of(picture: np.ndarray, sentence: str) -> bytes:
    """16 bytes that stand for an (h, w, 3) uint8 picture and a sentence."""
    return hashlib.blake2b(fingerprint(picture) + sentence.encode(), digest_size=16).digest()


class Memory:
    """The latest lessons; one thread writes, others may look an answer up.

    Answers from 0.5 and below it are kept apart: when it is full, the oldest lesson of the more
    frequent side is forgotten, so that rare successes outlive many failures.

    Args:
        capacity: lessons kept.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._sides: tuple[OrderedDict[bytes, Lesson], OrderedDict[bytes, Lesson]]
        self._sides = (OrderedDict(), OrderedDict())

    def __len__(self) -> int:
        return sum(len(side) for side in self._sides)

    def add(self, lesson: Lesson) -> None:
        """Keep a lesson, and forget one where there are too many."""
        self._sides[lesson.answer >= HALF][lesson.key] = lesson
        if len(self) > self._capacity:
            max(self._sides, key=len).popitem(last=False)

    def answer(self, key: bytes) -> float | None:
        """What the teacher said about this picture and sentence, None where that is unknown."""
        for side in self._sides:
            lesson = side.get(key)
            if lesson is not None:
                return lesson.answer
        return None

    def lessons(self) -> list[Lesson]:
        """All lessons."""
        return [lesson for side in self._sides for lesson in side.values()]

    def sample(self, rng: np.random.Generator, count: int) -> list[Lesson]:
        """``count`` lessons, drawn with replacement; at least a quarter of the rarer side."""
        rare, common = sorted((list(side.values()) for side in self._sides), key=len)
        share = count * len(rare) / max(1, len(self))
        from_rare = max(round(share), count // RARE_SHARE) if rare else 0
        rows = [(rare, from_rare), (common, count - from_rare)]
        return [side[i] for side, n in rows if n for i in rng.integers(len(side), size=n)]
