"""Many requests at once, with one end for all."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

from fmac_ros.priors.endpoint.call import Call


def ask_all(ask: Callable[[Any], float], items: Sequence[Any], threads: int, call: Call) -> list:
    """Return ``ask(item)`` of all items, in their order.

    The first failure ends the call: an answer for some of the pictures is none.

    Raises:
        DeadlinePassed: the answers are not complete in time, whatever the threads wait for.
        Exception: what ``ask`` raised first.
    """
    todo: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    for numbered in enumerate(items):
        todo.put(numbered)
    done: queue.SimpleQueue[tuple[int, float, Exception | None]] = queue.SimpleQueue()
    for _ in range(min(threads, len(items))):
        # Daemons: a server that hangs must not hold back the end of the process.
        work = threading.Thread(target=_work, args=(ask, todo, done, call), daemon=True)
        work.name = "endpoint"
        work.start()
    answers = [0.0] * len(items)
    try:
        for _ in items:
            index, answers[index] = _next(done, call)
    finally:
        call.end()
    return answers


def _next(done: queue.SimpleQueue, call: Call) -> tuple[int, float]:
    while True:
        try:
            index, answer, error = done.get(timeout=call.left())
        except queue.Empty:
            continue  # the deadline is here: left() says so
        if error is not None:
            raise error
        return index, answer


def _work(
    ask: Callable[[Any], float], todo: queue.SimpleQueue, done: queue.SimpleQueue, call: Call
) -> None:
    while True:
        try:
            index, item = todo.get_nowait()
        except queue.Empty:
            return
        try:
            call.left()
            done.put((index, ask(item), None))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever made the call
            done.put((index, 0.0, error))
            return
