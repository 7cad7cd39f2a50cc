"""What a simulated arm takes for its commanded state."""

from __future__ import annotations

import numpy as np

from fmac_ros.drivers.franka.joint_log import TICK

MAX_MISSED = 20  # ticks without a command that the arm bridges


class Reference:
    """What the arm is commanded, and where that leads while no newer command arrives.

    Like the arm, it goes on with a constant acceleration.

    Attributes:
        message: the arm's message that the last command answers; 0 before the first.
    """

    def __init__(self) -> None:
        self.message = 0
        self._target = np.zeros(7)
        self._velocity = np.zeros(7)
        self._acceleration = np.zeros(7)

    def take(self, message: int, target: np.ndarray) -> None:
        """Take the commanded positions (7,) [rad] that answer a message."""
        ticks = message - self.message
        if self.message > 0 and ticks > 0:
            velocity = (target - self._target) / (ticks * TICK)
            self._acceleration = (velocity - self._velocity) / (ticks * TICK)
            self._velocity = velocity
        self.message, self._target = message, target

    def ahead(self, message: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Position, velocity and acceleration (7,) each at a later message."""
        time = min(max(message - self.message, 0), MAX_MISSED) * TICK
        position = self._target + self._velocity * time + self._acceleration * time**2 / 2
        return position, self._velocity + self._acceleration * time, self._acceleration
