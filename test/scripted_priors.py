"""A backend that does what a test tells it: waits, runs out of memory, answers nonsense."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from fmac_ros.priors.backends import Context, Options, register

SIZE = (8, 16)


class Scripted:
    """Every kind of prior in one; the answer about a picture is its mean, 0..1.

    Attributes:
        open: cleared to let it hang.
        fits: pictures that memory holds at once.
        asked: how many pictures each call had, and their sentence.
    """

    name, version, threshold, conditioning = "scripted", "1", 0.5, ("text",)
    picture_size: tuple[int, int] | None = SIZE
    frames, warm_up = 4, False

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.fits = 10_000
        self.nonsense: float | None = None
        self.error: Exception | None = None
        self.asked: list[tuple[int, str]] = []

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        self.asked.append((len(pictures), sentence))
        assert self.open.wait(30.0)
        if len(pictures) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        if self.error is not None:
            raise self.error
        out = means(pictures)
        if self.nonsense is not None:
            out[pictures.max((1, 2, 3)) == 255] = self.nonsense
        return out

    values = scores

    def imagine(
        self,
        pictures: np.ndarray,
        sentence: str,
        frame_indices: Sequence[int],
        seed: int,
        progress: Any = None,
    ) -> np.ndarray:
        self.asked.append((len(pictures), sentence))
        for share in (0.25, 0.5, 0.75, 1.0):
            progress(share)
            assert self.open.wait(30.0)
        if len(pictures) > self.fits:
            raise MemoryError
        shape = (len(pictures), len(frame_indices), 8, 8, 16)
        return np.full(shape, seed % 100, np.float16)


def means(pictures: np.ndarray) -> np.ndarray:
    """(n,) float32, what a scripted prior answers."""
    return pictures.mean((1, 2, 3), dtype=np.float32) / 255


def pictures_of(count: int, seed: int = 0) -> np.ndarray:
    """(count, 8, 16, 3) different pictures without a white pixel."""
    return np.random.default_rng(seed).integers(0, 255, (count, *SIZE, 3), np.uint8)


CAST: dict[str, Scripted] = {}  # by kind; a test puts its own here


def _make(kind: str) -> Any:
    def make(options: Options, context: Context) -> Scripted:
        return CAST[kind]

    return make


for _kind in ("value", "success", "video"):
    register(_kind, "scripted")(_make(_kind))
