"""Who may move the arm: armed by an operator, not stopped, not paused."""

from __future__ import annotations

import math

from fmac_ros.control.gate import DISARMED, EMERGENCY_STOP, PAUSED

STILL_PRESSED = "the emergency stop is still pressed"


class Interlock:
    """Armed or not, with a latched emergency stop and the robot's speed scaling.

    Nothing arms itself: after an emergency stop only arm() does, whatever the input says then.

    Args:
        armed: at the start; False on hardware.

    Attributes:
        scaling: share of the full speed, from 0, paused, to 1.
        obstacle: a reason to hold that lasts as long as it is set; arming is refused meanwhile.
    """

    def __init__(self, armed: bool = True) -> None:
        self._armed = armed
        self._stopped = False
        self._pressed = False
        self._disarmed_for = DISARMED
        self.scaling = 1.0
        self.obstacle = ""

    @property
    def armed(self) -> bool:
        """An operator lets the arm move."""
        return self._armed

    @property
    def fault(self) -> str:
        """Why the arm must not move, one of gate.REASONS; empty if it may."""
        if self._stopped:
            return EMERGENCY_STOP
        if self.obstacle:
            return self.obstacle
        if not self._armed:
            return self._disarmed_for
        return "" if self.scaling > 0 else PAUSED

    def arm(self) -> str:
        """Let the arm move; why not, if it is refused."""
        if self._pressed:
            return STILL_PRESSED
        if self.obstacle:
            return self.obstacle
        self._armed, self._stopped = True, False
        return ""

    def disarm(self, reason: str = DISARMED) -> None:
        """Hold the arm, for one of gate.REASONS, until somebody arms again."""
        self._armed, self._disarmed_for = False, reason

    def emergency_stop(self, pressed: bool) -> None:
        """Take the state of the emergency stop's input."""
        self._pressed = pressed
        if pressed:
            self._armed, self._stopped = False, True

    def scale(self, share: float) -> None:
        """Take the robot's speed scaling; what is not finite, or negative, pauses."""
        self.scaling = min(share, 1.0) if math.isfinite(share) and share > 0 else 0.0
