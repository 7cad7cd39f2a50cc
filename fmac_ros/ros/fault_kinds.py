"""What may happen to messages on their way: each kind turns one message into those that arrive."""

from __future__ import annotations

import copy
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

Fault = Callable[[Any], Iterable[Any]]


def lost(message: Any) -> Iterable[Any]:
    """Nothing arrives."""
    return ()


def twice(message: Any) -> Iterable[Any]:
    """It arrives two times."""
    return (message, message)


class Late:
    """It arrives, but later by ``delay`` [s]."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._waiting: deque[tuple[float, Any]] = deque()

    def __call__(self, message: Any) -> Iterable[Any]:
        now = time.monotonic()
        self._waiting.append((now + self._delay, message))
        due = []
        while self._waiting and self._waiting[0][0] <= now:
            due.append(self._waiting.popleft()[1])
        return due


class Frozen:
    """The first image again and again, with fresh stamps."""

    def __init__(self) -> None:
        self._first: Any = None

    def __call__(self, message: Any) -> Iterable[Any]:
        if self._first is None:
            self._first = message
        again = copy.copy(self._first)
        again.header = message.header
        return (again,)


class Changed:
    """Fields of the message become others."""

    def __init__(self, **fields: Any) -> None:
        self._fields = fields

    def __call__(self, message: Any) -> Iterable[Any]:
        for name, value in self._fields.items():
            setattr(message, name, value)
        return (message,)


def small(message: Any) -> Iterable[Any]:
    """An image of 16x16 pixels."""
    message.height, message.width, message.step = 16, 16, 48
    message.data = bytes(16 * 48)
    return (message,)


def cut_short(message: Any) -> Iterable[Any]:
    """An image that lost its second half."""
    message.data = message.data[: len(message.data) // 2]
    return (message,)


class Joints:
    """A joint state whose joints are picked anew: shuffled, fewer, or with others beside them.

    Args:
        pick: takes the names, gives those that arrive, in their order.
        extra: names of joints that are added, at 1 rad.
    """

    def __init__(self, pick: Callable[[list[str]], list[str]], extra: tuple[str, ...] = ()) -> None:
        self._pick = pick
        self._extra = list(extra)

    def __call__(self, message: Any) -> Iterable[Any]:
        names = list(message.name)
        index = [names.index(name) for name in self._pick(names)]
        more = [1.0] * len(self._extra)
        message.name = self._extra + [names[i] for i in index]
        for field in ("position", "velocity", "effort"):
            values = getattr(message, field)
            setattr(message, field, more + [values[i] for i in index])
        return (message,)


def uncounted(message: Any) -> Iterable[Any]:
    """A joint state with one position less than names."""
    message.position = message.position[:-1]
    return (message,)


def not_a_number(message: Any) -> Iterable[Any]:
    """A joint state whose first position is NaN."""
    message.position[0] = float("nan")
    return (message,)


class Shifted:
    """The stamps of a clock or of a header, moved by ``seconds``; 0 s is the earliest."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __call__(self, message: Any) -> Iterable[Any]:
        stamp = message.clock if hasattr(message, "clock") else message.header.stamp
        moved = max(0, round((stamp.sec + self._seconds) * 1e9) + stamp.nanosec)
        stamp.sec, stamp.nanosec = divmod(int(moved), 1_000_000_000)
        return (message,)


def some(share: float, rng: np.random.Generator) -> Fault:
    """A part of the messages is lost, by chance."""
    return lambda message: () if rng.random() < share else (message,)
