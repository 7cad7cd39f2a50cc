"""Asks a person about a claimed success, through topics of existing message types.

The question goes out latched on ``audit/question`` ("000123 is 'press the red button' solved?")
with the last picture on ``audit/picture``; an answer is a String "000123 yes" or "000123 no" on
``audit/answer``.
"""

from __future__ import annotations

import threading
import time

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String

from fmac_ros.learning.record import Record
from fmac_ros.ros import names, qos
from fmac_ros.ros.calls import Caller
from fmac_ros.ros.images import array_to_image
from fmac_ros.ros.publishing import publish

WORDS = {"yes": True, "y": True, "no": False, "n": False}
_POLL = 0.2  # [s]


class HumanQuestions:
    """``ask`` for ``trust.audit.HumanAudit``, ``ask_about`` for anybody else.

    Args:
        timeout: how long an answer is waited for [s].
    """

    def __init__(self, node: Node, caller: Caller, timeout: float) -> None:
        self._node, self._caller, self._timeout = node, caller, timeout
        self._lock = threading.Lock()
        self._answers: dict[str, bool] = {}
        self._picture = node.create_publisher(Image, names.AUDIT_PICTURE, qos.LATCHED)
        self._question = node.create_publisher(String, names.AUDIT_QUESTION, qos.LATCHED)
        node.create_subscription(String, names.AUDIT_ANSWER, self._on_answer, qos.RELIABLE)

    def ask(self, record: Record) -> bool | None:
        """Ask about an episode; None without an answer in time. Raises Stopped."""
        episode = record.episode
        return self.ask_about(episode.id, episode.task, episode.pictures[-1])

    def ask_about(self, episode_id: str, task: str, picture: np.ndarray) -> bool | None:
        """Ask whether (h, w, 3) uint8 shows the task solved; otherwise like ``ask``."""
        with self._lock:
            self._answers.clear()  # of questions that nobody asks any more
        publish(self._node, self._picture, array_to_image(picture))
        question = f"{episode_id} is {task!r} solved? (yes or no)"
        publish(self._node, self._question, String(data=question))
        self._caller.tell(f"waiting for a person: {question}")
        try:
            return self._await(episode_id)
        finally:
            self._caller.tell("")
            publish(self._node, self._question, String(data=""))  # nothing is asked any more

    def _await(self, episode_id: str) -> bool | None:
        end = time.monotonic() + self._timeout
        while time.monotonic() < end:
            with self._lock:
                if episode_id in self._answers:
                    return self._answers[episode_id]
            self._caller.pause(_POLL)
        return None

    def _on_answer(self, message: String) -> None:
        episode_id, _, word = message.data.strip().partition(" ")
        if word.strip().lower() not in WORDS:
            self._node.get_logger().warning(
                f"{names.AUDIT_ANSWER} is {message.data!r}, valid: '<episode> yes' or ' no'"
            )
            return
        with self._lock:
            self._answers[episode_id] = WORDS[word.strip().lower()]
