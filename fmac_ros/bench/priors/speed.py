"""How fast the priors answer in this process."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from fmac_ros.bench.priors.judging import Row
from fmac_ros.priors.registry import Priors

REPEATS = 15
BATCH = 32


def measure_speed(priors: Priors, pictures: np.ndarray, sentence: str) -> Row:
    """Median seconds of one picture, and pictures per second at 32, for each prior.

    Every call gets pictures of its own: the encoder remembers those it has just seen.
    """
    frame = (priors.video.frames,)
    calls: dict[str, Callable[[np.ndarray], object]] = {
        "value": lambda some: priors.value.values(some, sentence),
        "success": lambda some: priors.success.scores(some, sentence),
        "video": lambda some: priors.video.imagine(some, sentence, frame, 0),
    }
    row: Row = {}
    for name, call in calls.items():
        row[f"{name}_seconds"] = _median_seconds(call, pictures, 1)
        row[f"{name}_pictures_per_second"] = BATCH / _median_seconds(call, pictures, BATCH)
    return row


def _median_seconds(
    call: Callable[[np.ndarray], object], pictures: np.ndarray, batch: int
) -> float:
    rng, seconds = np.random.default_rng(batch), []
    call(pictures[:batch])  # what is only done once
    for _ in range(REPEATS):
        chosen = pictures[rng.integers(len(pictures), size=batch)]
        noisy = chosen ^ rng.integers(2, size=chosen.shape, dtype=np.uint8)
        started = time.perf_counter()
        call(noisy)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))
