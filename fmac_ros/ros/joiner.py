"""Joins messages of several sources by their stamps."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")

_WINDOW = 1_000_000_000  # [ns] kept of each source: more than any camera's latency
_MAX_ITEMS = 1024


class Joiner(Generic[Item]):
    """Finds, for each item of the first source, the nearest item of every other source.

    An item that comes again with the same stamp joins again: the sender repeats itself so
    that late readers see the state. A stamp that goes back means a restarted sender; what
    was kept is then forgotten.

    Args:
        sources: names; the first one is the reference and gives the joined stamp.
        slop: largest accepted difference from the reference's stamp [ns], 0 for exact.
    """

    def __init__(self, sources: Sequence[str], slop: int = 0) -> None:
        self._reference, *self._others = sources
        self._slop = slop
        self._kept: dict[str, deque[tuple[int, Item]]] = {
            source: deque(maxlen=_MAX_ITEMS) for source in sources
        }
        self._open: int | None = None  # reference stamp that is not joined yet

    def add(self, source: str, stamp: int, item: Item) -> dict[str, Item] | None:
        """Take one item with its stamp [ns]; the items of all sources when they join."""
        kept = self._kept[source]
        if kept and stamp < kept[-1][0]:
            self._forget()
        if kept and stamp == kept[-1][0]:
            kept.pop()
        kept.append((stamp, item))
        while kept[0][0] < stamp - _WINDOW:
            kept.popleft()
        if source == self._reference:
            self._open = stamp
        return self._join()

    def unmatched(self) -> list[str]:
        """Sources without an item near the reference that waits, if one waits."""
        if self._open is None:
            return []
        return [other for other in self._others if self._nearest(other, self._open) is None]

    def _join(self) -> dict[str, Item] | None:
        if self._open is None:
            return None
        joined = {self._reference: self._kept[self._reference][-1][1]}
        for other in self._others:
            nearest = self._nearest(other, self._open)
            if nearest is None:
                return None
            joined[other] = nearest[1]
        self._open = None
        return joined

    def _nearest(self, source: str, stamp: int) -> tuple[int, Item] | None:
        best: tuple[int, Item] | None = None
        for entry in reversed(self._kept[source]):
            distance = abs(entry[0] - stamp)
            if distance <= self._slop and (best is None or distance < abs(best[0] - stamp)):
                best = entry
            if entry[0] <= stamp:  # older entries are only farther away
                break
        return best

    def _forget(self) -> None:
        for kept in self._kept.values():
            kept.clear()
        self._open = None
