"""The priors of Algorithm 1, behind the graph: ``RosPriors.label``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from rclpy.action import ActionClient
from rclpy.client import Client
from rclpy.node import Node

from fmac_ros.action import GenerateVideo
from fmac_ros.priors.errors import is_busy
from fmac_ros.priors.imagining import Targets, every_step, noise_seed
from fmac_ros.ros import names
from fmac_ros.ros.calls import Caller, Refused, Unanswered
from fmac_ros.ros.conversions import latents_to_array
from fmac_ros.ros.pictures import pictures_to_msgs
from fmac_ros.srv import DetectSuccess, EstimateValue
from fmac_ros.types import Episode, PriorLabels

_RETRY_PERIOD = 1.0  # [s]


class RosPriors:
    """Asks prior_server about whole episodes; asks again when it was restarted.

    Args:
        look_ahead: which imagined frame stands for ``s_hat_{t+1}``, from 1.
        seed: of the imagination; with the episode id it fixes every sample.
        timeout: longest wait for one answer [s]; a server that starts loads its models first.
        patience: longest wait for an episode's labels, with all tries [s].
        targets: how the imagined frames of an episode are chosen.
    """

    def __init__(
        self,
        node: Node,
        caller: Caller,
        look_ahead: int,
        seed: int,
        timeout: float = 15.0,
        patience: float = 180.0,
        targets: Targets = every_step,
    ) -> None:
        self._caller = caller
        self._look_ahead = look_ahead
        self._seed = seed
        self._timeout = timeout
        self._patience = patience
        self._targets = targets
        self._value: Client = node.create_client(EstimateValue, names.ESTIMATE_VALUE)
        self._success: Client = node.create_client(DetectSuccess, names.DETECT_SUCCESS)
        self._video: ActionClient = ActionClient(node, GenerateVideo, names.GENERATE_VIDEO)

    def label(self, episode: Episode) -> PriorLabels:
        """M_V and M_R of all T+1 states and an imagined frame for each of the first T.

        Raises:
            Stopped: the node ends.
            Refused: the server cannot judge these pictures or this sentence.
            Unanswered: no answer in time, in spite of all tries.
        """
        end = time.monotonic() + self._patience
        while True:
            try:
                return self._label(episode)
            except Unanswered as error:
                self._caller.tell(f"asking prior_server again about {episode.id}: {error}")
                if time.monotonic() > end:
                    raise
            self._caller.pause(_RETRY_PERIOD)

    def _label(self, episode: Episode) -> PriorLabels:
        caller = self._caller
        for is_ready in (
            self._value.service_is_ready,
            self._success.service_is_ready,
            self._video.server_is_ready,
        ):
            caller.await_ready(is_ready, "prior_server", self._timeout)
        task, pictures = episode.task, pictures_to_msgs(episode.pictures)
        value = caller.send(self._value, EstimateValue.Request(task=task, pictures=pictures))
        success = caller.send(self._success, DetectSuccess.Request(task=task, pictures=pictures))
        states, ask = len(pictures), partial(self._ask, episode, pictures)
        values = _checked(caller.wait(value, self._timeout, names.ESTIMATE_VALUE))
        verdicts = _checked(caller.wait(success, self._timeout, names.DETECT_SUCCESS))
        labels = PriorLabels(
            values=_numbers(values.values, states, names.ESTIMATE_VALUE),
            successes=_numbers(verdicts.successes, states, names.DETECT_SUCCESS),
            success_scores=_numbers(verdicts.scores, states, names.DETECT_SUCCESS),
            imagined=self._targets(episode.pictures[:-1], self._look_ahead, ask),
        )
        caller.tell("")
        return labels

    def _ask(
        self, episode: Episode, pictures: list[Any], states: slice, frames: Sequence[int]
    ) -> np.ndarray:
        """``imagining.Ask`` about an episode, whose pictures are messages."""
        goal = GenerateVideo.Goal(
            task=episode.task,
            pictures=pictures[states],
            frame_indices=list(frames),
            seed=noise_seed(self._seed, episode.id, states.start),
        )
        wait, what = self._caller.wait, names.GENERATE_VIDEO
        handle = wait(self._video.send_goal_async(goal), self._timeout, what)
        if not handle.accepted:
            raise Unanswered(f"{what} did not accept the request")
        answer = wait(handle.get_result_async(), self._timeout, what)
        latents = _latents(_checked(answer.result), len(goal.pictures), len(frames))
        if latents.shape[1] < self._look_ahead and not frames:
            raise Refused(f"look_ahead is {self._look_ahead}, valid: 1..{latents.shape[1]}")
        return latents


def _checked(response: Any) -> Any:
    if not response.ok and is_busy(response.error):
        raise Unanswered(f"prior_server is {response.error}")
    if not response.ok:
        raise Refused(f"prior_server refused: {response.error or 'no reason given'}")
    return response


def _numbers(values: Any, count: int, what: str) -> np.ndarray:
    """(count,) float32, all finite."""
    array = np.asarray(values, np.float32)
    if array.shape != (count,) or not np.isfinite(array).all():
        raise Refused(f"{what} answered {array.shape} numbers for {count} states, or not finite")
    return array


def _latents(result: Any, states: int, frames: int) -> np.ndarray:
    """(states, frames, c, h, w) float16 of a result; any number of them where ``frames`` is 0."""
    latents = latents_to_array(result.shape, result.latents)
    if latents.ndim != 5 or len(latents) != states or frames not in (0, latents.shape[1]):
        raise Refused(
            f"{names.GENERATE_VIDEO} answered shape {latents.shape} for {states} states and "
            f"{frames or 'all'} frames"
        )
    return latents.astype(np.float16)
