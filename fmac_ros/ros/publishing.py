"""Publishing from threads that may outlive the ROS context by a moment."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher

LONGEST_TEXT = 500  # characters


def publish(node: Node, publisher: Publisher, message: Any) -> None:
    """Publish, unless a signal has shut ROS down: then nobody can hear it any more."""
    try:
        publisher.publish(message)
    except RuntimeError:  # what rclpy's errors derive from
        if node.context.ok():
            raise


def brief(error: Exception) -> str:
    """What an error says, short enough for a message whatever was sent to cause it."""
    text = str(error)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ..."
