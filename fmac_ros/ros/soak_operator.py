"""The person beside the arm of a soak: arms again once a fault is over."""

from __future__ import annotations

import time

from fmac_ros.control import gate as gates
from fmac_ros.ros.fault_desk import FaultDesk

WANTS_ARMING = (gates.DISARMED, gates.EMERGENCY_STOP, gates.FOREIGN, gates.NOT_FOLLOWED)
REACTION = 0.5  # [s]


class SoakOperator:
    """Looks at the gate and arms, when it is asked to look.

    Attributes:
        armed: how often it armed.
    """

    def __init__(self, desk: FaultDesk) -> None:
        self._desk = desk
        self._tried = 0.0
        self.armed = 0

    def look(self) -> None:
        """Arm an arm that waits for it."""
        waits = self._desk.recorder.reason in WANTS_ARMING
        if waits and time.monotonic() - self._tried > REACTION:
            self._tried = time.monotonic()
            done, _ = self._desk.arm(True, timeout=1.0)
            self.armed += done
