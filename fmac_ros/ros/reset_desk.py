"""Puts reset_node's questions to the person at the terminal of ``fmac``."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rclpy.client import Client
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import Trigger

from fmac_ros.ros import names, qos
from fmac_ros.ros.audit_desk import typed_line


class ResetDesk:
    """Call ``serve`` now and then, from the thread that owns the terminal.

    Args:
        say: shows a line.
        read: a line that was typed, None where there is none yet.
    """

    def __init__(
        self,
        node: Node,
        say: Callable[[str], None],
        read: Callable[[], str | None] | None = None,
    ) -> None:
        self._node = node
        self._say, self._read = say, read or typed_line
        self._lock = threading.Lock()
        self._question = ""
        self._told = ""
        self._ready: Client = node.create_client(Trigger, names.SCENE_READY)
        node.create_subscription(String, names.RESET_QUESTION, self._on_question, qos.LATCHED)

    def serve(self) -> None:
        """Show a new question, send a confirmation."""
        with self._lock:
            question = self._question
        if not question:
            self._told = ""
            return
        if question != self._told:
            self._told = question
            domain = self._node.context.get_domain_id()
            self._say(
                f"{question}. Then press Enter here,"
                f" or run elsewhere: ROS_DOMAIN_ID={domain} fmac reset done"
            )
        if self._read() is not None:
            self._ready.call_async(Trigger.Request())

    def _on_question(self, message: String) -> None:
        with self._lock:
            self._question = message.data
