"""Acting on a switch: the last component of an action that opens the gripper, closes or leaves it.

Noise that is drawn anew every step throws a switch back before the arm has gone anywhere with
what it holds, and keeps a policy that leans to one side from being found out. So exploration
holds the switch's noise for some steps, as random play holds its direction; and a policy that
acts without noise, where nothing is left to be kept out by the zone that leaves the gripper, throws
it to the side that it leans to. Our addition.
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


def decided(action: np.ndarray) -> np.ndarray:
    """An action (a,) with its switch thrown to the side that it leans to."""
    return np.append(action[:-1], np.sign(action[-1])).astype(np.float32)
