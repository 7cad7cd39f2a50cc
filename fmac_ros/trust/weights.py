"""How much each prior counts in Eq. 2."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PriorWeights:
    """Factors in 0..1 of the change of M_V, the KL term (M_tau) and M_R in Eq. 2."""

    value: float = 1.0
    video: float = 1.0
    success: float = 1.0
