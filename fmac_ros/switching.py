"""Acting on a switch: the last component of an action that opens the gripper, closes or leaves it.

Noise that is drawn anew every step throws a switch back before the arm has gone anywhere with
what it holds, and keeps a policy that leans to one side from being found out. So exploration
holds the switch's noise for some steps, as random play holds its direction; and a policy that
acts without noise, where nothing is left to be kept out by the zone that leaves the gripper, throws
it to the side that it leans to, and opens a hand that closed on nothing. Our addition.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Noise(Protocol):
    """Where standard normal numbers come from."""

    def standard_normal(self, size: tuple[int, ...]) -> np.ndarray: ...


class HeldNoise:
    """Standard normal noise of actions (a,); its last component is drawn anew every few steps.

    Args:
        hold: steps that it is held for; 1 draws it anew every step.
    """

    def __init__(self, rng: Noise, hold: int) -> None:
        self._rng, self._hold = rng, hold
        self._drawn = 0
        self._held = 0.0

    def standard_normal(self, size: tuple[int, ...]) -> np.ndarray:
        """Noise (a,) of the next step."""
        noise = self._rng.standard_normal(size)
        if self._drawn % self._hold == 0:
            self._held = noise[-1]
        self._drawn += 1
        noise[-1] = self._held
        return noise


class Decider:
    """Throws the switch of a policy that acts without noise, in one episode.

    To the side that it leans to; but a hand that has closed on nothing opens, for ``REOPENED``
    steps. In training noise opens it again sooner or later, and without it nothing would: what
    is seen of the fingers in a small picture hardly moves a policy.
    """

    EMPTY = 0.05  # opening below which nothing is between the fingers
    REOPENED = 4  # [steps]: two to open, two to move on

    def __init__(self) -> None:
        self._left = 0

    def decided(self, action: np.ndarray, proprio: np.ndarray) -> np.ndarray:
        """The action (a,) with its switch thrown. Ask once a step.

        Args:
            proprio: (p,), at its end the gripper's measured opening from 0, closed, to 1, open.
        """
        if proprio[-1] < self.EMPTY:
            self._left = self.REOPENED
        elif self._left:
            self._left -= 1
        thrown = 1.0 if self._left else np.sign(action[-1])
        return np.append(action[:-1], thrown).astype(np.float32)
