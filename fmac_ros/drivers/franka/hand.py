"""The Franka hand over libfranka: one command at a time, its width read beside."""

from __future__ import annotations

import threading
import time
from typing import Any

SPEED = 0.1  # [m/s] of the width
FORCE = 20.0  # [N] to close with
TOLERANCE = 1e-3  # [m] within which a width counts as commanded already
_ANY_WIDTH = 0.1  # [m], more than the hand opens: what it closes on has any size
_LAST_ANSWER = 3.0  # [s], more than a stroke takes
_PERIOD = 0.02  # [s] between two readings


class Hand:
    """A connected hand; its fingers move alike.

    The hand answers a command when it is over, and takes the next one then: a newer target
    waits for that.

    Raises:
        RuntimeError: there is no hand at the address.
    """

    def __init__(self, address: str) -> None:
        import franky  # libfranka, which only a host with an arm needs

        try:
            self._hand: Any = franky.Gripper(address)
            width = float(self._hand.width)
        except (franky.NetworkException, franky.IncompatibleVersionException) as error:
            raise RuntimeError(str(error)) from error
        self._errors = (franky.NetworkException, franky.CommandException, RuntimeError)
        self.fault = ""
        self._measured = (width, 0.0)
        self._wanted: float | None = None
        self._sent: float | None = None
        self._answer: Any = None
        self._ends = threading.Event()
        self._reader = threading.Thread(target=self._read, name="hand", daemon=True)
        self._reader.start()

    @property
    def measured(self) -> tuple[float, float]:
        """Width [m] and how it changes [m/s]."""
        return self._measured

    def go(self, width: float) -> None:
        """Bring the fingers to a width [m] apart, as soon as the hand takes a command."""
        self._wanted = width

    def forget(self) -> None:
        """Drop a target that was not sent yet."""
        self._wanted = None

    def tick(self) -> None:
        """Send what waits, if the hand is free; call periodically."""
        if self._answer is not None:
            if not self._answer.wait(0.0):
                return
            self._finish()
        if self._wanted is None:
            return
        wanted, self._wanted = self._wanted, None
        if self._sent is not None and abs(wanted - self._sent) < TOLERANCE:
            return
        self._sent = wanted
        if wanted < self._measured[0]:
            self._answer = self._hand.grasp_async(wanted, SPEED, FORCE, _ANY_WIDTH, _ANY_WIDTH)
        else:
            self._answer = self._hand.move_async(wanted, SPEED)

    def _finish(self) -> None:
        answer, self._answer = self._answer, None
        try:
            self.fault = "" if answer.get() else "the hand did not reach its width"
        except self._errors as error:
            self.fault, self._sent = str(error), None

    def _read(self) -> None:
        before, when = self._measured[0], time.monotonic()
        while not self._ends.wait(_PERIOD):
            try:
                width = float(self._hand.width)
            except self._errors as error:
                self.fault = str(error)
                return
            now = time.monotonic()
            self._measured = (width, (width - before) / max(now - when, 1e-3))
            before, when = width, now

    def close(self) -> None:
        """End the reading and the connection."""
        self._ends.set()
        self._reader.join(1.0)
        if self._answer is not None and not self._answer.wait(_LAST_ANSWER):
            return  # libfranka still waits for the hand: what it waits with must stay
        self._answer = None
        self._hand = None
