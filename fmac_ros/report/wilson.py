"""How sure a success rate is."""

from __future__ import annotations

import math

Z_95 = 1.959964  # 97.5 % quantile of the standard normal distribution


def interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson score interval of a proportion (Wilson 1927); right for rates near 0 and 1 too.

    Args:
        z: quantile; the default gives 95 %.

    Raises:
        ValueError: not 0 <= successes <= trials, or no trials.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials, valid: 0 to trials, 1 or more")
    rate = successes / trials
    spread = 1 + z**2 / trials
    centre = (rate + z**2 / (2 * trials)) / spread
    half = z / spread * math.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2))
    return max(0.0, centre - half), min(1.0, centre + half)
