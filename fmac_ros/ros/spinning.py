"""Spins a node in a thread until its context ends."""

from __future__ import annotations

from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node


def spin_until_shutdown(node: Node, context: Context) -> None:
    """Run a node's callbacks in this thread until somebody shuts its context down."""
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        executor.spin()
    except ExternalShutdownException:
        pass
    finally:
        executor.shutdown(timeout_sec=1.0)
