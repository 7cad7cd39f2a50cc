"""Puts the audit's questions to the person at the terminal of ``fmac train``."""

from __future__ import annotations

import select
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String

from fmac_ros.ros import names, qos
from fmac_ros.ros.images import image_to_array


class AuditDesk:
    """Call ``serve`` now and then, from the thread that owns the terminal.

    Args:
        picture: file that the picture of a question is written to.
        say: shows a line.
        read: a line that was typed, None where there is none yet.
    """

    def __init__(
        self,
        node: Node,
        picture: Path,
        say: Callable[[str], None],
        read: Callable[[], str | None] | None = None,
    ) -> None:
        self._path, self._say, self._read = picture, say, read or typed_line
        self._lock = threading.Lock()
        self._question = ""
        self._shown: np.ndarray | None = None
        self._told = ""
        self._answers = node.create_publisher(String, names.AUDIT_ANSWER, qos.RELIABLE)
        node.create_subscription(String, names.AUDIT_QUESTION, self._on_question, qos.LATCHED)
        node.create_subscription(Image, names.AUDIT_PICTURE, self._on_picture, qos.LATCHED)

    def serve(self) -> None:
        """Show a new question, send an answer."""
        with self._lock:
            question, shown = self._question, self._shown
        if not question:
            self._told = ""
            return
        if question != self._told and shown is not None:
            self._told = question
            cv2.imwrite(str(self._path), cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))
            self._say(f"episode {question}  picture: {self._path}")
        line = self._read()
        if line is not None:
            self._answers.publish(String(data=f"{question.split()[0]} {line.strip()}"))

    def _on_question(self, message: String) -> None:
        with self._lock:
            self._question = message.data

    def _on_picture(self, message: Image) -> None:
        with self._lock:
            self._shown = image_to_array(message)


def typed_line() -> str | None:
    """A line from standard input, without waiting."""
    if not sys.stdin or sys.stdin.closed or not sys.stdin.isatty():
        return None
    ready, _, _ = select.select([sys.stdin], [], [], 0.0)
    return sys.stdin.readline() if ready else None
