"""How near a picture's embedding is to a goal's, as a number in 0..1.

All embeddings are unit vectors. The goal-baseline reward is that of VLM-RM (Rocamonde et al.,
"Vision-Language Models are Zero-Shot Reward Models for Reinforcement Learning", 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Goal:
    """What a solved state is like, and what any state is like.

    Attributes:
        target: (k, d) or (1, d) unit vectors, of a goal for each view or for all.
        baseline: like ``target``, of what says nothing about success; None without one.
        weight: share in the answer.
    """

    target: np.ndarray
    baseline: np.ndarray | None
    weight: float


def reward(x: np.ndarray, goal: Goal, alpha: float) -> np.ndarray:
    """Goal-baseline regularised reward: ``1 - |alpha P(x) + (1 - alpha) x - g|^2 / 2``.

    ``P`` projects on the line through baseline and target ``g``. With ``alpha`` 0, or without
    a baseline, this is the cosine of x and g.

    Args:
        x: (n, k, d) unit vectors.
        goal: the target and its baseline.
        alpha: strength of the regularisation, 0..1.

    Returns:
        (n, k) rewards, 1 at the target.
    """
    g = goal.target
    moved = x
    if goal.baseline is not None:
        line = g - goal.baseline  # (k, d)
        along = ((x - goal.baseline) * line).sum(-1) / _squared(line)  # (n, k)
        projected = goal.baseline + along[..., None] * line
        moved = alpha * projected + (1 - alpha) * x
    return 1 - _squared(moved - g) / 2


def lowest(goal: Goal, alpha: float) -> np.ndarray:
    """(k,) rewards that count as 0: at the baseline on the line, else of opposite vectors."""
    if goal.baseline is None or alpha < 1:
        return np.full(len(goal.target), -1.0)
    return 1 - _squared(goal.target - goal.baseline) / 2


def contrast(x: np.ndarray, goal: Goal, scale: float) -> np.ndarray:
    """Probability that the target, and not the baseline, goes with a picture.

    Args:
        x: (n, k, d) unit vectors.
        goal: a target with a baseline.
        scale: inverse temperature of cosines, as the model was trained with.

    Returns:
        (n, k) probabilities: softmax of the two scaled cosines.
    """
    assert goal.baseline is not None
    difference = (x * (goal.target - goal.baseline)).sum(-1)
    return 0.5 * (1 + np.tanh(0.5 * scale * difference))  # a sigmoid that does not overflow


def _squared(vectors: np.ndarray) -> np.ndarray:
    return (vectors**2).sum(-1)
