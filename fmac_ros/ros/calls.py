"""Waiting, in a worker thread, for what the spinning thread receives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future

from fmac_ros.learning.algorithm import Stopped

Tell = Callable[[str], None]  # what is waited for, in words; "" once it came

_POLL = 0.1  # [s]
_MATCHING = 0.5  # [s]; a new server may answer before it has found the client's reader


class Unanswered(RuntimeError):
    """A server is not there or does not answer: it may be back soon."""


class Refused(RuntimeError):
    """A server answered that it cannot: asking again would not help."""


class Caller:
    """Calls services from a worker thread, with a time limit, until it is told to stop.

    Args:
        stop: set from another thread to end every wait with ``Stopped``.
        tell: told what is waited for.
    """

    def __init__(self, node: Node, stop: threading.Event, tell: Tell) -> None:
        self._node = node
        self._stop = stop
        self.tell = tell

    def check(self) -> None:
        """Raises Stopped where the node is about to end."""
        if self._stop.is_set() or not self._node.context.ok():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Wait; raises Stopped at once where the node ends meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            self._stop.wait(min(left, _POLL))
        self.check()

    def await_ready(self, is_ready: Callable[[], bool], what: str, patience: float) -> None:
        """Wait until a server is there. Raises Unanswered after ``patience`` [s]."""
        end = time.monotonic() + patience
        if self._guarded(is_ready):
            return
        while not self._guarded(is_ready):
            self.tell(f"waiting for {what}")
            if time.monotonic() > end:
                raise Unanswered(f"{what} is not there")
            self.pause(_POLL)
        self.pause(_MATCHING)

    def call(self, client: Client, request: Any, timeout: float) -> Any:
        """A service's response. Raises Unanswered after ``timeout`` [s]."""
        future = self._guarded(lambda: client.call_async(request))
        try:
            return self.wait(future, timeout, client.srv_name)
        finally:
            client.remove_pending_request(future)

    def send(self, client: Client, request: Any) -> Future:
        """Send a request whose response is waited for later."""
        return self._guarded(lambda: client.call_async(request))

    def wait(self, future: Future, timeout: float, what: str) -> Any:
        """The result of a future. Raises Unanswered after ``timeout`` [s]."""
        end = time.monotonic() + timeout

        def refuse_delay() -> None:
            if time.monotonic() > end:
                raise Unanswered(f"{what} did not answer within {timeout:.0f} s")

        return self.watch(future, refuse_delay)

    def watch(self, future: Future, meanwhile: Callable[[], None]) -> Any:
        """The result of a future; ``meanwhile`` is called now and then and may raise."""
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        while not done.wait(_POLL):
            self.check()
            meanwhile()
        return future.result()

    def _guarded(self, call: Callable[[], Any]) -> Any:
        """Entities fail in many ways once a signal shut the context down: that is a stop."""
        self.check()
        try:
            return call()
        except Exception:
            self.check()
            raise
