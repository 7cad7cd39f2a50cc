"""The first call of each prior, before anybody waits for it."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from fmac_ros.priors.base import wants_warm_up
from fmac_ros.priors.registry import Priors

SENTENCE = "press the red button"


class _Enough(Exception):
    """One step of a video is enough."""


def warm_up(priors: Priors) -> None:
    """Ask each prior once about a blank picture, so that the first request is not slow.

    Left out are priors with ``warm_up = False`` (a model behind a server), and those with
    ``cacheable = False``: asking may change them.

    Raises:
        Exception: what a prior raises; it would fail every request.
    """
    value, success, video = priors.value, priors.success, priors.video
    if wants_warm_up(value):
        value.values(_blank(value, priors), SENTENCE)
    if wants_warm_up(success):
        success.scores(_blank(success, priors), SENTENCE)
    if wants_warm_up(video):
        with contextlib.suppress(_Enough):
            video.imagine(_blank(video, priors), SENTENCE, (video.frames,), 0, _stop)


def _blank(prior: Any, priors: Priors) -> np.ndarray:
    height, width = prior.picture_size or priors.picture_size
    return np.zeros((1, height, width, 3), np.uint8)


def _stop(share: float) -> None:
    if share > 0:  # a pipeline tells 0 before it has begun
        raise _Enough
