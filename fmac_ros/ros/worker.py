"""Slow work in other threads, whose results coroutine callbacks can await."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from typing import Any

from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.task import Future


def in_thread(job: Callable[[], Any], name: str) -> concurrent.futures.Future[Any]:
    """Run a job once in a thread of its own, which does not keep the process alive."""
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def run() -> None:
        try:
            future.set_result(job())
        except Exception as error:  # noqa: BLE001 - it belongs to whoever reads the future
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def awaitable(node: Node, future: concurrent.futures.Future[Any]) -> Future:
    """A thread's future, for a coroutine in the node's executor."""
    mirror: Future = Future()

    def settle(done: concurrent.futures.Future[Any]) -> None:
        error = done.exception()
        if isinstance(error, Exception):
            mirror.set_exception(error)
        else:
            mirror.set_result(done.result())
        wake(node.executor)

    future.add_done_callback(settle)
    return mirror


def wake(executor: Executor | None) -> None:
    """Make the executor look at its coroutines again: setting a future does not."""
    if executor is not None:
        executor.wake()
