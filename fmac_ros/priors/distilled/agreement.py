"""How far the student agrees with the teacher on answers it never learned from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fmac_ros.priors.distilled.memory import HALF
from fmac_ros.report.wilson import Z_95, interval

MIN_VALUES = 10  # held-out answers below which a mean difference says nothing


@dataclass(frozen=True)
class Agreement:
    """Two judges of the same states.

    Attributes:
        count: states compared.
        mean_difference: mean of |student - teacher|.
        margin: half width of its 95 % interval, as if the states were independent.
        solved: states that the teacher calls solved.
        missed: of those, the ones that the student does not.
        false_alarms: states that the student alone calls solved.
    """

    count: int = 0
    mean_difference: float = 0.0
    margin: float = 0.0
    solved: int = 0
    missed: int = 0
    false_alarms: int = 0

    @staticmethod
    def between(student: np.ndarray, teacher: np.ndarray) -> Agreement:
        """Compare (n,) answers in 0..1; a verdict is "solved" from 0.5."""
        count = len(teacher)
        if not count:
            return Agreement()
        difference = np.abs(student.astype(np.float64) - teacher)
        says, is_solved = student >= HALF, teacher >= HALF
        return Agreement(
            count=count,
            mean_difference=float(difference.mean()),
            margin=Z_95 * float(difference.std()) / math.sqrt(count),
            solved=int(is_solved.sum()),
            missed=int((is_solved & ~says).sum()),
            false_alarms=int((~is_solved & says).sum()),
        )

    @property
    def different(self) -> int:
        """States with different verdicts."""
        return self.missed + self.false_alarms

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate of different verdicts; 0..1 without a state."""
        return interval(self.different, self.count) if self.count else (0.0, 1.0)


def values_agree(found: Agreement, limit: float) -> bool:
    """Whether the mean difference is at most ``limit``, with its margin."""
    return found.count >= MIN_VALUES and found.mean_difference + found.margin <= limit


def verdicts_agree(found: Agreement, limit: float, min_each: int) -> bool:
    """Whether the verdicts differ in at most ``limit`` of the states.

    That holds for the upper end of the interval over all states, and for the rate among the
    solved and among the unsolved ones, of which there are at least ``min_each``.
    """
    unsolved = found.count - found.solved
    sides = ((found.missed, found.solved), (found.false_alarms, unsolved))
    each = all(n >= min_each and wrong <= limit * n for wrong, n in sides)
    return each and found.interval()[1] <= limit
