"""The time that the answers to one call may take, and the end of everything under way."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fmac_ros.priors.endpoint.errors import DeadlinePassed


class Call:
    """Shared by the threads that work for one call.

    Args:
        seconds: until the deadline.
        where: who is called, for the error.
    """

    def __init__(self, seconds: float, where: str) -> None:
        self.seconds, self._where = seconds, where
        self._deadline = time.monotonic() + seconds
        self._over = threading.Event()
        self._open: set[Watch] = set()
        self._lock = threading.Lock()

    def left(self) -> float:
        """Seconds until the deadline. Raises DeadlinePassed when there are none."""
        left = self._deadline - time.monotonic()
        if left <= 0 or self._over.is_set():
            raise DeadlinePassed(
                f"no complete answer from {self._where} within the deadline of {self.seconds:g} s"
            )
        return left

    def pause(self, seconds: float) -> None:
        """Wait, or raise DeadlinePassed as soon as the call is over."""
        self._over.wait(seconds)
        self.left()

    @contextmanager
    def watch(self, sock: socket.socket, seconds: float) -> Iterator[Watch]:
        """Shut the socket after ``seconds``, or when the call ends first."""
        watch = Watch(sock, seconds)
        with self._lock:
            self._open.add(watch)
        try:
            self.left()
            yield watch
        finally:
            watch.cancel()
            with self._lock:
                self._open.discard(watch)

    def end(self) -> None:
        """Make every thread of the call stop soon."""
        self._over.set()
        with self._lock:
            open_now = list(self._open)
        for watch in open_now:
            watch.shut()


class Watch:
    """Shuts a socket when its time is up, however slowly its bytes come.

    A time-out of the socket itself starts anew with every byte.
    """

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self.fired = False
        self._sock = sock
        self._timer = threading.Timer(seconds, self.shut)
        self._timer.daemon = True
        self._timer.start()

    def shut(self) -> None:
        """Let whoever waits for the socket find it ended."""
        self.fired = True
        with suppress(OSError):  # it may be closed already
            # Of the plain socket: that of a TLS one also drops what another thread reads with.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def cancel(self) -> None:
        """The socket is no longer needed."""
        self._timer.cancel()
