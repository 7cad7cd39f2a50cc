"""A camera that sends the same picture again and again, with new stamps."""

from __future__ import annotations

import numpy as np


class FrozenWatch:
    """Says when pictures have been identical, pixel by pixel, for too long.

    A live sensor has noise, so no two pictures of it are equal. A renderer has none: there,
    and wherever that is not known, ``motion`` asks for joint motion meanwhile.

    Args:
        after: time of equal pictures that is too long [s]; 0 switches the watch off.
        motion: range that some joint must cover while the picture stays [rad].
    """

    def __init__(self, after: float, motion: float = 0.0) -> None:
        self._after, self._motion = after, motion
        self._picture: np.ndarray | None = None
        self._since = self._last = 0.0
        self._lowest = self._highest = np.zeros(0)

    def frozen_for(
        self, picture: np.ndarray, now: float, joints: np.ndarray | None = None
    ) -> float:
        """Time that the picture is frozen for [s], 0.0 while it is not.

        Args:
            picture: uint8 array; must not be written to afterwards.
            now: time of the picture [s]; going back starts the watch anew.
            joints: (n,) positions at that time [rad].
        """
        positions = np.zeros(0) if joints is None else joints
        if self._after == 0.0:
            return 0.0
        if now < self._last or self._picture is None or not np.array_equal(self._picture, picture):
            self._picture, self._since = picture, now
            self._lowest = self._highest = positions
        self._last = now
        self._lowest = np.minimum(self._lowest, positions)
        self._highest = np.maximum(self._highest, positions)
        moved = np.max(self._highest - self._lowest, initial=0.0) >= self._motion
        lasted = now - self._since
        return lasted if moved and lasted > self._after else 0.0
