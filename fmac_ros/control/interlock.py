"""Who may move the arm: armed by an operator, ready, not stopped, not paused."""

from __future__ import annotations

import math

from fmac_ros.control.gate import DISARMED, EMERGENCY_STOP, NOT_READY, PAUSED

STILL_PRESSED = "the emergency stop is still pressed"
STILL_NOT_READY = "the robot does not say that it is ready"


class Interlock:
    """Armed or not, with a latched emergency stop, the robot's readiness and its speed scaling.

    Nothing arms itself: after an emergency stop, or when the robot is ready again, only arm()
    does, whatever the inputs say then.

    Args:
        armed: at the start; False on hardware.
        ready: whether the robot may move before it says so; False where its driver tells.

    Attributes:
        scaling: share of the full speed, from 0, paused, to 1.
        obstacle: a reason to hold that lasts as long as it is set; arming is refused meanwhile.
    """

    def __init__(self, armed: bool = True, ready: bool = True) -> None:
        self._armed = armed and ready
        self._ready = ready
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
        if not self._ready:
            return NOT_READY
        if self.obstacle:
            return self.obstacle
        if not self._armed:
            return self._disarmed_for
        return "" if self.scaling > 0 else PAUSED

    def arm(self) -> str:
        """Let the arm move; why not, if it is refused."""
        if self._pressed:
            return STILL_PRESSED
        if not self._ready:
            return STILL_NOT_READY
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

    def robot_ready(self, ready: bool) -> None:
        """Take the driver's word whether the robot may move."""
        self._ready = ready
        if not ready:
            self._armed = False

    def scale(self, share: float) -> None:
        """Take the robot's speed scaling; what is not finite, or negative, pauses."""
        self.scaling = min(share, 1.0) if math.isfinite(share) and share > 0 else 0.0
