"""Scores that were given before."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence


class ScoreCache:
    """The least recently asked are forgotten; for several threads.

    Args:
        capacity: scores remembered.
    """

    def __init__(self, capacity: int) -> None:
        self.hits = 0
        self._capacity = capacity
        self._known: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def look_up(self, keys: Sequence[Hashable]) -> dict[Hashable, float]:
        """The scores of those keys that are known."""
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
            for key in found:
                self._known.move_to_end(key)
            self.hits += sum(key in found for key in keys)
            return found

    def remember(self, scores: dict[Hashable, float]) -> None:
        """Keep scores for later."""
        with self._lock:
            self._known.update(scores)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
