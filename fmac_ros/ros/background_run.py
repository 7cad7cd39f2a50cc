"""A node's whole work in one thread, beside the spinning one."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from fmac_ros.learning.algorithm import Stopped
from fmac_ros.ros.run import EXIT_CONFIGURATION

EXIT_FAILED = 1
_PERIOD = 0.1  # [s] between two looks at the thread


class BackgroundRun:
    """Runs ``work`` in a thread and ends the node's process with it.

    Args:
        work: blocks as long as it likes, but returns soon after ``stop`` is set.
        failed: told why the work ended with an exception.
        expected: exceptions whose text is all that the user needs; others are bugs and
            leave a traceback.
        lasting: those of them that another start would meet again.

    Attributes:
        stop: set to end the work.
    """

    def __init__(
        self,
        node: Node,
        work: Callable[[], None],
        failed: Callable[[str], None],
        expected: tuple[type[Exception], ...],
        lasting: tuple[type[Exception], ...] = (),
    ) -> None:
        self.stop = threading.Event()
        self._work = work
        self._failed = failed
        self._expected = expected
        self._lasting = lasting
        self._exit_code: int | None = None
        self._thread = threading.Thread(target=self._run, name="work", daemon=True)
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._look = node.create_timer(_PERIOD, self._on_look, clock=clock)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self, timeout: float = 30.0) -> None:
        """Ask the work to end and wait for that, at most ``timeout`` [s]."""
        self.stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        try:
            self._work()
            self._exit_code = 0
        except Stopped:
            self._exit_code = 0
        except self._expected as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - a bug; its traceback must reach the log
            traceback.print_exc()
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        print(f"error: {error}", file=sys.stderr, flush=True)
        self._failed(str(error))
        self._exit_code = EXIT_CONFIGURATION if isinstance(error, self._lasting) else EXIT_FAILED

    def _on_look(self) -> None:
        if self._exit_code is not None:
            self._look.cancel()  # said once; whoever spins on hears what was published last
            raise SystemExit(self._exit_code)
