"""Numbers that say how good a prior is on held-out videos."""

from __future__ import annotations

import numpy as np


def area_under_curve(scores: np.ndarray, positive: np.ndarray) -> float:
    """Chance that a positive scores above a negative; NaN without both."""
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return float("nan")
    rank_sum = _ranks(scores)[positive].sum()
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's correlation of two (n,) arrays; NaN where one is constant."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def threshold_at(scores: np.ndarray, false_positive_rate: float) -> float:
    """The lowest threshold that at most this share of the negatives' (n,) scores reaches."""
    if not len(scores):
        raise ValueError("no negatives to choose a threshold on")
    allowed = int(false_positive_rate * len(scores))
    highest = np.sort(scores)[len(scores) - 1 - allowed]  # the best score that must not pass
    return float(np.nextafter(highest, np.inf, dtype=scores.dtype))


def precision_recall(
    scores: np.ndarray, positive: np.ndarray, threshold: float
) -> tuple[float, float]:
    """Precision and recall of ``scores >= threshold``; NaN where undefined."""
    said = scores >= threshold
    right = int((said & positive).sum())
    precision = right / said.sum() if said.any() else float("nan")
    recall = right / positive.sum() if positive.any() else float("nan")
    return float(precision), float(recall)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties share their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + 1 + ends) / 2)[inverse]
