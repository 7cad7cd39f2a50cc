"""Value and success by what a vision-language model answers about a picture."""

from __future__ import annotations

import numpy as np

from fmac_ros.priors.backends import Context, Options, parse_options, register
from fmac_ros.priors.hub.asking import Asker
from fmac_ros.priors.hub.vision_language_options import (
    VisionLanguageSuccessOptions,
    VisionLanguageValueOptions,
)

VISION_LANGUAGE = "vlm"


@register("value", VISION_LANGUAGE)
def make_value(options: Options, context: Context) -> VisionLanguageValue:
    """M_V of a vision-language model."""
    return VisionLanguageValue(parse_options(VisionLanguageValueOptions, options))


@register("success", VISION_LANGUAGE)
def make_success(options: Options, context: Context) -> VisionLanguageSuccess:
    """M_R of a vision-language model."""
    return VisionLanguageSuccess(parse_options(VisionLanguageSuccessOptions, options))


class VisionLanguageValue:
    """``M_V``: how likely the model says that the task is done (``base.ValuePrior``)."""

    picture_size = None
    conditioning = ("text",)

    def __init__(self, options: VisionLanguageValueOptions) -> None:
        self._asker = Asker(options)
        self.name, self.version = self._asker.name, self._asker.version

    def values(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 values in 0..1."""
        return self._asker.ask(pictures, sentence)


class VisionLanguageSuccess:
    """``M_R``: the same of a finished task (``base.SuccessPrior``)."""

    picture_size = None
    conditioning = ("text",)

    def __init__(self, options: VisionLanguageSuccessOptions) -> None:
        self._asker = Asker(options)
        self.name, self.version = self._asker.name, self._asker.version
        self.threshold = float(options.threshold)

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 probabilities; success where at or above ``threshold``."""
        return self._asker.ask(pictures, sentence)
