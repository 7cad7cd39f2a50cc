"""Requests to the priors as arrays, and their answers as messages. No node, no thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sensor_msgs.msg import Image

from fmac_ros.action import GenerateVideo
from fmac_ros.priors.base import LatentSpace, Progress, SuccessPrior, ValuePrior, threshold_of
from fmac_ros.priors.text import check_sentence
from fmac_ros.ros.conversions import ConversionError, floats_to_field
from fmac_ros.ros.pictures import msgs_to_pictures, pictures_to_msgs
from fmac_ros.srv import DetectSuccess, EstimateValue

#: What a request or a model may fail with; anything else is a bug and ends the node.
FAILURES = (ValueError, ArithmeticError, RuntimeError, OSError, MemoryError)

MAX_SIDE = 4096  # [px]; a hub prior resizes what it gets, whatever its size


def read_request(request: Any) -> tuple[np.ndarray, str]:
    """The (n, h, w, 3) pictures of a request and its sentence. Raises ValueError."""
    sentence = check_sentence(request.task)
    _check_sizes(request.pictures)
    return msgs_to_pictures(request.pictures), sentence


def value_answer(prior: ValuePrior, values: np.ndarray) -> EstimateValue.Response:
    """M_V(s | T) of every picture."""
    return _signed(EstimateValue.Response(values=floats_to_field(values)), prior)


def success_answer(
    prior: SuccessPrior, scores: np.ndarray, sentence: str
) -> DetectSuccess.Response:
    """M_R(s | T) of every picture."""
    threshold = threshold_of(prior, sentence)
    response = DetectSuccess.Response(scores=floats_to_field(scores))
    response.successes = (scores >= threshold).tolist()
    response.threshold = threshold
    return _signed(response, prior)


class VideoAnswer:
    """M_tau(s | T) from every picture of a goal, as a result message.

    Raises:
        ValueError: the goal is not valid.
    """

    def __init__(self, goal: GenerateVideo.Goal) -> None:
        self._goal = goal
        self._pictures, self._sentence = read_request(goal)

    def make(self, prior: Any, encoder: LatentSpace, progress: Progress) -> GenerateVideo.Result:
        """Imagine, and decode where the goal asks for it. Raises one of ``FAILURES``."""
        goal = self._goal
        indices = list(goal.frame_indices) or list(range(1, prior.frames + 1))
        latents = prior.imagine(self._pictures, self._sentence, indices, int(goal.seed), progress)
        result = GenerateVideo.Result(shape=list(latents.shape), latents=floats_to_field(latents))
        if goal.decode:
            flat = latents.reshape(-1, *latents.shape[2:]).astype(np.float16)
            result.frames = pictures_to_msgs(encoder.decode(flat))
        return _signed(result, prior)


def _signed(response: Any, prior: Any) -> Any:
    """``response`` marked as served by ``prior``."""
    response.ok, response.model, response.version = True, prior.name, prior.version
    return response


def _check_sizes(images: Sequence[Image]) -> None:
    for index, image in enumerate(images):
        if max(image.height, image.width) > MAX_SIDE:
            raise ConversionError(
                f"picture {index} has {image.height} rows of {image.width} pixels, "
                f"valid: at most {MAX_SIDE} each way"
            )
