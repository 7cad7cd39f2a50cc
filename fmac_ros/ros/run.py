"""One way to run a node: start, spin, end cleanly."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from fmac_ros.allocator import keep_freed_memory
from fmac_ros.ros.parameters import ParameterError

_KEPT: list[SingleThreadedExecutor] = []
EXIT_OK = 0
EXIT_CONFIGURATION = 2


def run_node(factory: Callable[[], Node], args: Sequence[str] | None = None) -> int:
    """Make a node and spin it until SIGINT, SIGTERM or a shutdown; returns the exit code.

    The node may raise ``SystemExit(code)`` from a callback when its own work is over. Its
    ``destroy_node`` releases what it owns (threads, a simulator) and is always called.
    Call it from the main thread. One thread runs all callbacks; slow work belongs into a
    worker thread of the node.
    """
    keep_freed_memory()
    node: Node | None = None
    try:
        rclpy.init(args=None if args is None else list(args))
        node = factory()
        _spin(node)
        return EXIT_OK
    except (KeyboardInterrupt, ExternalShutdownException):
        return EXIT_OK
    except ParameterError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_OK
    except Exception:
        if _was_asked_to_end():
            return EXIT_OK
        raise
    finally:
        # The node is ending already; a second Ctrl-C must not cut short what it still saves.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
        signal.signal(signal.SIGINT, before)


def _spin(node: Node) -> None:
    executor = SingleThreadedExecutor()
    # Not shut down, and kept to the end of the process: rclpy's thread for signals first ends the
    # context, which ends the spinning, and then triggers the executor's guard condition. Destroyed
    # between the two, that is a segmentation fault.
    _KEPT.append(executor)
    executor.add_node(node)
    executor.spin()


def _was_asked_to_end() -> bool:
    """Whether a signal already shut the context down: calls on its entities then fail."""
    return not rclpy.ok()
