"""Asking the prior server from callbacks: nothing here ever waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.action import ActionClient
from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future

from fmac_ros.action import GenerateVideo
from fmac_ros.ros import names
from fmac_ros.ros.conversions import ConversionError, latents_to_array
from fmac_ros.ros.pictures import pictures_to_msgs
from fmac_ros.srv import DetectSuccess

OnVerdict = Callable[[float, bool], None]  # score, success
OnLatent = Callable[[np.ndarray], None]  # (c, h, w)
OnError = Callable[[str], None]

_LOG_PERIOD = 5.0  # [s]


class SuccessQuery:
    """Asks M_R about one state at a time; a state that comes meanwhile is not judged.

    Args:
        timeout: an answer later than this is not waited for any more [s].
    """

    def __init__(self, node: Node, timeout: float = 2.0) -> None:
        self._client: Client = node.create_client(DetectSuccess, names.DETECT_SUCCESS)
        self._logger = node.get_logger()
        self._timeout = timeout
        self._pending: Future | None = None
        self._asked = 0.0

    def ask(self, task: str, picture: np.ndarray, on_verdict: OnVerdict) -> None:
        """Ask about an (h, w, 3) uint8 picture; ``on_verdict`` is called if an answer comes."""
        if self._is_busy() or not self._client.service_is_ready():
            return
        request = DetectSuccess.Request(task=task, pictures=pictures_to_msgs(picture[None]))
        self._asked = time.monotonic()
        self._pending = self._client.call_async(request)
        self._pending.add_done_callback(lambda future: self._on_answer(future, on_verdict))

    def _is_busy(self) -> bool:
        if self._pending is None:
            return False
        if time.monotonic() - self._asked < self._timeout:
            return True
        self._client.remove_pending_request(self._pending)
        self._complain(f"no answer within {self._timeout} s")
        self._pending = None
        return False

    def _on_answer(self, future: Future, on_verdict: OnVerdict) -> None:
        if future is self._pending:
            self._pending = None
        response: Any = future.result()
        if not response.ok:
            self._complain(response.error)
        elif len(response.scores) != 1 or not np.isfinite(response.scores[0]):
            self._complain(f"scores are {list(response.scores)}, valid: one finite number")
        else:
            on_verdict(float(response.scores[0]), bool(response.successes[0]))

    def _complain(self, trouble: str) -> None:
        self._logger.warning(
            f"{names.DETECT_SUCCESS}: {trouble}; the state is not judged",
            throttle_duration_sec=_LOG_PERIOD,
        )


class VideoQuery:
    """Asks M_tau for one future frame of one state.

    Args:
        look_ahead: which future frame, from 1.
    """

    def __init__(self, node: Node, look_ahead: int) -> None:
        self._client: ActionClient = ActionClient(node, GenerateVideo, names.GENERATE_VIDEO)
        self._look_ahead = look_ahead

    def ask(
        self, task: str, picture: np.ndarray, seed: int, on_latent: OnLatent, on_error: OnError
    ) -> None:
        """Imagine from an (h, w, 3) uint8 picture; exactly one of both is called, or none
        where the server dies."""
        if not self._client.server_is_ready():
            on_error(f"no server for {names.GENERATE_VIDEO}; is prior_server running?")
            return
        goal = GenerateVideo.Goal(task=task, pictures=pictures_to_msgs(picture[None]), seed=seed)
        goal.frame_indices = [self._look_ahead]

        def _on_goal(future: Future) -> None:
            handle: Any = future.result()
            if handle.accepted:
                handle.get_result_async().add_done_callback(_on_result)
            else:
                on_error(f"{names.GENERATE_VIDEO} refused the request")

        def _on_result(future: Future) -> None:
            answer: Any = future.result()
            try:
                on_latent(_only_latent(answer.result))
            except ConversionError as error:
                on_error(f"{names.GENERATE_VIDEO}: {error}")

        self._client.send_goal_async(goal).add_done_callback(_on_goal)


def _only_latent(result: Any) -> np.ndarray:
    """The (c, h, w) latent of a result for one state and one frame."""
    if not result.ok:
        raise ConversionError(result.error)
    latents = latents_to_array(result.shape, result.latents)
    if latents.ndim != 5 or latents.shape[:2] != (1, 1):
        raise ConversionError(f"latents have shape {latents.shape}, valid: (1, 1, c, h, w)")
    return latents[0, 0]
