"""What the joints of an arm did, from its joint states, checked against the vendor's limits."""

from __future__ import annotations

from collections import deque

import numpy as np

from fmac_ros.robots import vendor_limits

RANGE_TOLERANCE = 0.01  # [rad], by which a simulated joint overshoots its motor's target
WINDOW = 0.05  # [s], over which velocities are differenced
NOISE = 4.0  # times the vendor's acceleration that such a difference may reach
RESTS = 0.02  # [rad/s], below which a joint stands still
REST_FOR = 0.1  # [s]
DISTURBANCE = 0.4  # [s] that it takes until the motors have caught up


class MeasuredMotion:
    """Takes joint states in turn and notes what is wrong with them.

    Positions and velocities must keep the vendor's limits. Accelerations are differences of
    measured velocities over 50 ms, and four times the limit is allowed. A motion within its
    limits gives 1.5 times where the simulator is in time, and up to 3.5 times where it is late by
    some physics steps, because its motors make good for them at once; a setpoint that jumps by
    0.1 rad gives 7 times. Jerk cannot be measured so; that of
    the commands is checked instead. A simulator that is reset puts its arm elsewhere, and a
    command that comes late finds the arm braking already: velocities and accelerations are not
    judged around a moment that ``disturbed`` was told of, or where time goes back.

    Attributes:
        peak: largest share of each vendor's limit that was seen.
        q: (n,) newest positions [rad], None before the first.
        stamp: of them [s].
    """

    def __init__(self, robot: str) -> None:
        self._vendor = vendor_limits(robot)
        self._window: deque[tuple[float, np.ndarray]] = deque()
        self._quiet_until = -np.inf
        self._notes: list[tuple[float, str]] = []
        self._settled = 0  # notes from before time went back, whose stamps mean another time
        self.peak = {"velocity": 0.0, "acceleration": 0.0}
        self.q: np.ndarray | None = None
        self.stamp = -np.inf
        self._moving_at = -np.inf

    def disturbed(self, stamp: float) -> None:
        """The simulator was reset, or got a late command, at ``stamp`` [s]."""
        self._quiet_until = stamp + DISTURBANCE
        self._window.clear()
        # The joints of the new pose may be heard before the word of the reset.
        notes = self._notes[self._settled :]
        self._notes[self._settled :] = [n for n in notes if abs(n[0] - stamp) > DISTURBANCE]

    @property
    def violations(self) -> list[str]:
        """What was wrong so far, one sentence each."""
        return [f"at {stamp:.2f} s: {text}" for stamp, text in self._notes]

    @property
    def moving(self) -> bool:
        """Whether a joint moves in the newest state."""
        return self._moving_at == self.stamp

    @property
    def rests_since(self) -> float | None:
        """Stamp [s] since which all joints stand still, None if they do not."""
        return self._moving_at if self.stamp - self._moving_at >= REST_FOR else None

    def add(self, stamp: float, q: np.ndarray, v: np.ndarray) -> None:
        """Take one joint state: positions (n,) [rad], velocities (n,) [rad/s]."""
        if stamp < self.stamp:
            self._settled = len(self._notes)
            self.disturbed(stamp)
            self._moving_at = stamp
        self.stamp, self.q = stamp, q
        if np.abs(v).max() > RESTS:
            self._moving_at = stamp
        low, high = self._vendor["lower"], self._vendor["upper"]
        if np.any(q < low - RANGE_TOLERANCE) or np.any(q > high + RANGE_TOLERANCE):
            self._note(stamp, f"joints at {q.round(3).tolist()} rad are out of their range")
        if stamp < self._quiet_until:
            return
        self._check(stamp, "velocity", v, 1.0)
        self._window.append((stamp, v))
        while len(self._window) > 1 and stamp - self._window[1][0] >= WINDOW:
            self._window.popleft()
        before, then = self._window[0]
        if stamp - before >= WINDOW:
            self._check(stamp, "acceleration", (v - then) / (stamp - before), NOISE)

    def _check(self, stamp: float, name: str, values: np.ndarray, tolerance: float) -> None:
        share = float(np.max(np.abs(values) / self._vendor[name]))
        self.peak[name] = max(self.peak[name], share)
        if share > tolerance:
            self._note(stamp, f"{name} is {share:.2f} of the vendor's limit")

    def _note(self, stamp: float, text: str) -> None:
        self._notes.append((stamp, text))
