"""What the simulator knows of a picture, for the oracle priors and nothing else."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fmac_ros.picture import fingerprint


class UnknownPicture(ValueError):
    """The truth of a picture is not known; an oracle never guesses."""


@dataclass(frozen=True)
class Truth:
    """The ground truth of one state.

    Attributes:
        task: sentence that it is about.
        success: whether the task is solved.
        progress: 0 (far) to 1 (solved); None where the source does not know it.
    """

    task: str
    success: bool
    progress: float | None = None


class TruthSource(Protocol):
    """Where an oracle prior looks a picture up."""

    has_progress: bool

    def look_up(self, picture: np.ndarray) -> Truth:
        """The truth of an (h, w, 3) uint8 picture. Raises UnknownPicture."""
        ...


class TruthLedger:
    """Remembers the truth of each picture by the picture's fingerprint. Thread-safe.

    Of two states with the same picture the later one counts.

    Args:
        has_progress: whether truths are remembered with progress.
        patience: how long to wait for a picture that is not there yet [s]; a request may be
            faster than the truth.
        capacity: pictures remembered, the oldest are forgotten.
    """

    def __init__(
        self, has_progress: bool = False, patience: float = 0.0, capacity: int = 20_000
    ) -> None:
        self.has_progress = has_progress
        self._patience, self._capacity = patience, capacity
        self._known: OrderedDict[bytes, Truth] = OrderedDict()
        self._changed = threading.Condition()

    def remember(self, picture: np.ndarray, truth: Truth) -> None:
        """Keep the truth of an (h, w, 3) uint8 picture, all cameras side by side."""
        key = fingerprint(picture)
        with self._changed:
            self._known[key] = truth
            self._known.move_to_end(key)
            if len(self._known) > self._capacity:
                self._known.popitem(last=False)
            self._changed.notify_all()

    def look_up(self, picture: np.ndarray) -> Truth:
        """The truth of an (h, w, 3) uint8 picture. Raises UnknownPicture."""
        key = fingerprint(picture)
        with self._changed:
            if self._changed.wait_for(lambda: key in self._known, self._patience):
                return self._known[key]
        raise UnknownPicture(
            "no ground truth of this picture is known, valid: pictures of states that the "
            "simulator published, unchanged"
        )
