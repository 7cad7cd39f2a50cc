"""What the priors answer to a request message. No node, no thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fmac_ros.action import GenerateVideo
from fmac_ros.priors.base import Progress
from fmac_ros.priors.registry import Priors
from fmac_ros.priors.text import check_sentence
from fmac_ros.ros.conversions import floats_to_field
from fmac_ros.ros.pictures import msgs_to_pictures, pictures_to_msgs
from fmac_ros.srv import DetectSuccess, EstimateValue

#: What a request or a model may fail with; anything else is a bug and ends the node.
FAILURES = (ValueError, ArithmeticError, RuntimeError, OSError)


class Cancelled(RuntimeError):
    """The client does not want its video any more."""


def estimate_value(priors: Priors, request: EstimateValue.Request) -> EstimateValue.Response:
    """M_V(s | T) of every picture. Raises one of ``FAILURES``."""
    task = check_sentence(request.task)
    values = priors.value.values(msgs_to_pictures(request.pictures), task)
    return _signed(EstimateValue.Response(values=floats_to_field(values)), priors.value)


def detect_success(priors: Priors, request: DetectSuccess.Request) -> DetectSuccess.Response:
    """M_R(s | T) of every picture. Raises one of ``FAILURES``."""
    prior, task = priors.success, check_sentence(request.task)
    scores = prior.scores(msgs_to_pictures(request.pictures), task)
    response = DetectSuccess.Response(scores=floats_to_field(scores))
    response.successes = (scores >= prior.threshold).tolist()
    response.threshold = float(prior.threshold)
    return _signed(response, prior)


def generate_video(
    priors: Priors, request: GenerateVideo.Goal, progress: Progress
) -> GenerateVideo.Result:
    """M_tau(s | T) from every picture. Raises one of ``FAILURES``."""
    task = check_sentence(request.task)
    indices = list(request.frame_indices) or list(range(1, priors.video.frames + 1))
    pictures = msgs_to_pictures(request.pictures)
    latents = priors.video.imagine(pictures, task, indices, int(request.seed), progress)
    result = GenerateVideo.Result(shape=list(latents.shape), latents=floats_to_field(latents))
    if request.decode:
        flat = latents.reshape(-1, *latents.shape[2:]).astype(np.float16)
        result.frames = pictures_to_msgs(priors.encoder.decode(flat))
    return _signed(result, priors.video)


def progress_of(goal: Any) -> Callable[[float], None]:
    """Feedback of an action goal; raises Cancelled once the client asks for that."""

    def progress(share: float) -> None:
        if goal.is_cancel_requested:
            raise Cancelled("cancelled by the client")
        goal.publish_feedback(GenerateVideo.Feedback(progress=float(share)))

    return progress


def _signed(response: Any, prior: Any) -> Any:
    """``response`` marked as served by ``prior``."""
    response.ok, response.model, response.version = True, prior.name, prior.version
    return response
