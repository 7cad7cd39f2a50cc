"""Asks a person at the arm to do something and to confirm that it is done.

The question is latched on ``reset/question``, empty when nothing is asked; it is confirmed by the
service ``~/scene_ready`` (std_srvs/Trigger), by ``fmac reset done`` or at the terminal of fmac.
"""

from __future__ import annotations

import threading

from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import Trigger

from fmac_ros.ros import names, qos
from fmac_ros.ros.calls import Caller
from fmac_ros.ros.publishing import publish

_POLL = 0.1  # [s]


class Person:
    """``ask`` blocks until somebody confirms."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._asked = ""
        self._done = False
        self._question = node.create_publisher(String, names.RESET_QUESTION, qos.LATCHED)
        node.create_service(Trigger, names.SCENE_READY, self._on_ready)
        self._show()

    def ask(self, what: str, caller: Caller) -> None:
        """Ask for ``what`` and wait. Raises Stopped where the wait is ended."""
        with self._lock:
            self._asked, self._done = what, False
        self._show()
        caller.tell(f"waiting for a person: {what}")
        try:
            while not self._done:
                caller.pause(_POLL)
        finally:
            with self._lock:
                self._asked = ""
            self._show()

    def _show(self) -> None:
        publish(self._node, self._question, String(data=self._asked))

    def _on_ready(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        with self._lock:
            response.success = bool(self._asked)
            response.message = (
                f"confirmed: {self._asked}" if self._asked else "nothing is asked now"
            )
            self._done = self._done or response.success
        self._node.get_logger().info(response.message)
        return response
