"""Whether the arm goes where it is sent at all."""

from __future__ import annotations

from collections import deque

import numpy as np

STILL = 1e-3  # [rad] within which every joint of an arm that does not follow stays
ASKED = 0.03  # [rad] from the measured pose that some joint is sent to all that time
FEWEST = 4  # observations that are enough to tell


class FollowWatch:
    """Notices an arm that stands quite still while it is sent elsewhere.

    That is what an inactive controller, a brake or a pressed enabling switch looks like. An arm
    that an obstacle blocks gives way by more than STILL as the commands change.

    Args:
        timeout: how long it may stand still [s]; 0 watches nothing.
    """

    def __init__(self, timeout: float) -> None:
        if not timeout >= 0:
            raise ValueError(f"timeout is {timeout} s, valid: 0 or more")
        self._timeout = timeout
        self._seen: deque[tuple[float, np.ndarray]] = deque()

    def reset(self) -> None:
        """Forget what was seen: the arm was held, or moved by others."""
        self._seen.clear()

    def lost(self, stamp: float, measured: np.ndarray, commanded: np.ndarray) -> bool:
        """Take the poses (n,) [rad] of a stamp [s]; whether the arm does not follow."""
        if self._timeout == 0:
            return False
        if np.max(np.abs(commanded - measured)) < ASKED:
            self.reset()
            return False
        self._seen.append((stamp, measured))
        if np.any(np.abs(measured - self._seen[0][1]) > STILL):
            self.reset()
            return False
        return len(self._seen) >= FEWEST and stamp - self._seen[0][0] >= self._timeout
