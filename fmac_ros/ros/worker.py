"""A thread for slow work, whose results coroutine callbacks can await."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.task import Future

_Job = tuple[Callable[[], Any], Future]


class Worker:
    """Runs jobs one after the other, in the order of their submission.

    The node's executor stays free meanwhile: a service callback awaits the future.
    """

    def __init__(self, node: Node, name: str = "worker") -> None:
        self._node = node
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], Any]) -> Future:
        """Queue a job; the future holds its result, or what it raised."""
        future: Future = Future()
        self._jobs.put((job, future))
        return future

    def close(self, timeout: float = 2.0) -> None:
        """Finish what was queued so far, waiting at most ``timeout`` [s]."""
        self._jobs.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            try:
                future.set_result(job())
            except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the future
                future.set_exception(error)
            wake(self._node.executor)


def wake(executor: Executor | None) -> None:
    """Make the executor look at its coroutines again: setting a future does not."""
    if executor is not None:
        executor.wake()
