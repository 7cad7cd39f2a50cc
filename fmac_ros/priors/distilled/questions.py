"""What the teacher is asked, between the thread that asks and the one that waits."""

from __future__ import annotations

import threading

import numpy as np


class Question:
    """States of one request.

    Args:
        pictures: (n, h, w, 3) uint8.
        latents: (n, c, h, w) float16 of the same states.
        keys: n of ``memory.key_of``.

    Attributes:
        answers: (n,) float32 of the teacher, NaN where there is none (yet).
        failure: why the rest has none; "" while it may come.
    """

    def __init__(
        self, pictures: np.ndarray, latents: np.ndarray, keys: list[bytes], sentence: str
    ) -> None:
        self.pictures, self.latents, self.keys = pictures, latents, keys
        self.sentence = sentence
        self.answers = np.full(len(pictures), np.nan, np.float32)
        self.failure = ""
        self._done = threading.Event()

    def end(self, failure: str = "") -> None:
        """No more answers will come."""
        self.failure = failure
        self._done.set()

    def wait(self, timeout: float) -> np.ndarray:
        """Return a copy of the (n,) answers there are after at most ``timeout`` [s]."""
        self._done.wait(timeout)
        return self.answers.copy()
