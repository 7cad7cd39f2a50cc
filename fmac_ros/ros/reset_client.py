"""Calls ``reset``, for as long as whoever answers it says that it is at work."""

from __future__ import annotations

import threading
import time

from rclpy.client import Client
from rclpy.node import Node
from std_msgs.msg import String

from fmac_ros.ros import names, qos
from fmac_ros.ros.calls import Caller, Refused, Unanswered
from fmac_ros.srv import Reset


class ResetClient:
    """A simulator answers at once; on a real arm it may take a person minutes.

    Attributes:
        took: how long the last reset that was answered took [s].
    """

    def __init__(self, node: Node, caller: Caller) -> None:
        self.took = 0.0
        self._caller = caller
        self._client: Client = node.create_client(Reset, names.RESET)
        self._lock = threading.Lock()
        self._word = (0.0, "")  # when reset_node said last what it waits for, and what
        node.create_subscription(String, names.RESET_WAITING, self._on_word, qos.RELIABLE)

    def call(self, request: Reset.Request, server_patience: float, patience: float) -> None:
        """Set the scene up.

        Args:
            server_patience: for the robot side to be there [s].
            patience: for its answer, or its next word of what it waits for [s].

        Raises:
            Unanswered: the robot side is not there or fell silent.
            Refused: it cannot set this scene up.
        """
        caller, self.took = self._caller, 0.0
        caller.await_ready(
            self._client.service_is_ready, "the robot side to reset", server_patience
        )
        began = time.monotonic()
        future = caller.send(self._client, request)
        told = ""

        def refuse_silence() -> None:
            nonlocal told
            with self._lock:
                at, word = self._word
            if time.monotonic() - max(began, at) > patience:
                raise Unanswered(f"{names.RESET} did not answer within {patience:.0f} s")
            if at > began and word != told:
                told = word
                caller.tell(word)

        try:
            response = caller.watch(future, refuse_silence)
        finally:
            self._client.remove_pending_request(future)
        self.took = time.monotonic() - began
        if told:
            caller.tell("")
        if not response.ok:
            raise Refused(f"{names.RESET} refused: {response.message}")

    def _on_word(self, message: String) -> None:
        with self._lock:
            self._word = (time.monotonic(), message.data)
