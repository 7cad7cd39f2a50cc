"""Scores of several models with thresholds of their own, made comparable and counted."""

from __future__ import annotations

import numpy as np

HALF = np.float32(0.5)
_BELOW_HALF = np.nextafter(HALF, np.float32(0))


def levels(scores: np.ndarray, threshold: float) -> np.ndarray:
    """Map scores so that a model's threshold lies at 0.5.

    Piecewise linear: 0 to 0, ``threshold`` to 0.5, 1 to 1. A level is at least 0.5 exactly
    where ``scores >= threshold``, also after rounding.

    Args:
        scores: (n,) float32 in 0..1.
        threshold: 0..1.

    Returns:
        (n,) float32 levels in 0..1.
    """
    solved = scores >= threshold
    s = scores.astype(np.float64)
    below = s / (2 * max(threshold, np.finfo(np.float64).tiny))
    above = 1.0 if threshold >= 1 else 0.5 + (s - threshold) / (2 * (1 - threshold))
    return np.where(
        solved,
        np.clip(above, HALF, 1).astype(np.float32),
        np.clip(below, 0, _BELOW_HALF).astype(np.float32),
    )


def kth_largest(votes: np.ndarray, k: int) -> np.ndarray:
    """The k-th largest of each row of (n, v) levels: at least 0.5 where k votes are.

    Raises:
        ValueError: there are fewer than k votes.
    """
    count = votes.shape[1]
    if k > count:
        raise ValueError(f"k is {k}, valid: 1..{count}, the number of votes about a state")
    return np.sort(votes, axis=1)[:, count - k]


def majority(count: int) -> int:
    """The smallest number that is more than half of ``count``."""
    return count // 2 + 1
