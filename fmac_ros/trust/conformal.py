"""Split-conformal thresholds with the finite-sample correction.

Vovk, Gammerman and Shafer, *Algorithmic Learning in a Random World* (2005). Of n + 1
exchangeable scores, n held out and one new, the new one lies above the k-th highest of the n
with probability at most k / (n + 1): so k = floor((n + 1) rate) keeps the promise for any n,
and where that is 0 no finite threshold does.
"""

from __future__ import annotations

import math

import numpy as np

NEVER = math.inf  # a threshold that nothing reaches: the verdict is always withheld
_ROUNDING = 1e-9  # (n + 1) rate is often whole, and its product in floating point just below


def rank(count: int, rate: float) -> int:
    """k = floor((n + 1) rate): how many of ``count`` scores may lie beyond the threshold, plus one.

    It is n + 1 - ceil((n + 1)(1 - rate)); 0 where ``count`` < 1 / rate - 1.

    Raises:
        ValueError: the rate is not between 0 and 1.
    """
    if not 0 < rate < 1:
        raise ValueError(f"rate is {rate!r}, valid: above 0, below 1")
    return math.floor((count + 1) * rate + _ROUNDING)


def success_threshold(highest: np.ndarray, count: int, rate: float) -> float:
    """From where on a score is success: strictly above the k-th highest negative.

    Args:
        highest: (m,) float32, the highest of the negatives' scores, highest first.
        count: how many negatives there were, n >= m.
        rate: false-positive rate asked for.

    Returns:
        The smallest float32 above that score, for ``scores >= threshold``; ``NEVER`` where too
        few negatives are known for this rate.
    """
    score = _kth(highest, count, rate)
    return NEVER if score is None else float(np.nextafter(score, np.float32(np.inf)))


def failure_threshold(lowest: np.ndarray, count: int, rate: float) -> float:
    """Below what a score is failure: strictly below the k-th lowest positive.

    Args:
        lowest: (m,) float32, the lowest of the positives' scores, lowest first.
        count: how many positives there were, n >= m.
        rate: share of solved states that may be called failed.

    Returns:
        That score; ``-NEVER`` where too few positives are known.
    """
    score = _kth(lowest, count, rate)
    return -NEVER if score is None else float(score)


def _kth(tail: np.ndarray, count: int, rate: float) -> np.float32 | None:
    k = rank(count, rate)
    if k == 0:
        return None
    if k > len(tail):
        raise ValueError(
            f"rate is {rate}, valid here: at most {len(tail) / (count + 1):.3f}, "
            f"the calibration keeps {len(tail)} of {count} scores"
        )
    return np.float32(tail[k - 1])
