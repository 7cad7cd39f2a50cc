"""The states of an episode that are worth a question to a slow teacher."""

from __future__ import annotations

import numpy as np

from fmac_ros.priors.distilled.memory import HALF


def keyframes(doubts: np.ndarray, count: int) -> np.ndarray:
    """Rows of the keyframes, ascending.

    Half of them, rounded up, are evenly spaced and include the last state, which mostly decides
    about the episode; the rest are those with the largest doubt.

    Args:
        doubts: (n,) the student's, larger is less sure.
        count: how many, at most n.
    """
    n = len(doubts)
    count = min(count, n)
    even = np.linspace(n - 1, 0, (count + 1) // 2).round().astype(int)
    rest = np.setdiff1d(np.arange(n), even)
    unsure = rest[np.argsort(-doubts[rest], kind="stable")]
    return np.sort(np.concatenate([np.unique(even), unsure[: count - len(np.unique(even))]]))


def near_threshold(answers: np.ndarray) -> np.ndarray:
    """(n,) doubts about verdicts: large where an answer is near 0.5."""
    return -np.abs(answers - HALF)


def jumps(answers: np.ndarray) -> np.ndarray:
    """(n,) doubts about values: large where a value leaves its neighbours' mean.

    Values of successive states differ little, so one that stands out is an event or an error.
    """
    padded = np.pad(answers, 1, mode="edge")
    return np.abs(answers - (padded[:-2] + padded[2:]) / 2)
