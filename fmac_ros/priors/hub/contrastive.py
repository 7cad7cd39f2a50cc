"""Value and success by the similarity of pictures to a sentence or to a goal picture."""

from __future__ import annotations

import numpy as np

from fmac_ros.priors.backends import Context, Options, parse_options, register
from fmac_ros.priors.hub.contrastive_options import (
    ContrastiveSuccessOptions,
    ContrastiveValueOptions,
)
from fmac_ros.priors.hub.goals import GoalJudge
from fmac_ros.priors.hub.similarity import Goal, contrast, lowest, reward

CONTRASTIVE = "contrastive"


@register("value", CONTRASTIVE)
def make_value(options: Options, context: Context) -> ContrastiveValue:
    """M_V of a CLIP- or SigLIP-like model."""
    return ContrastiveValue(parse_options(ContrastiveValueOptions, options))


@register("success", CONTRASTIVE)
def make_success(options: Options, context: Context) -> ContrastiveSuccess:
    """M_R of a CLIP- or SigLIP-like model."""
    return ContrastiveSuccess(parse_options(ContrastiveSuccessOptions, options))


class ContrastiveValue:
    """``M_V``: where pictures lie between baseline and target (``base.ValuePrior``)."""

    picture_size = None

    def __init__(self, options: ContrastiveValueOptions) -> None:
        self._options, self._judge = options, GoalJudge(options)
        self.name, self.version = self._judge.name, self._judge.version
        self.conditioning = options.conditioning

    def values(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 values in 0..1."""
        alpha = self._options.regularisation
        low, high = self._options.low, self._options.high

        def value(x: np.ndarray, goal: Goal) -> np.ndarray:
            floor = lowest(goal, alpha) if low is None else low
            top = 1.0 if high is None else high
            return np.clip((reward(x, goal, alpha) - floor) / (top - floor), 0, 1)

        return self._judge.judge(pictures, sentence, value)


class ContrastiveSuccess:
    """``M_R``: whether target or baseline goes with a picture (``base.SuccessPrior``)."""

    picture_size = None

    def __init__(self, options: ContrastiveSuccessOptions) -> None:
        self._judge = GoalJudge(options)
        self._scale = self._judge.scale if options.scale is None else options.scale
        self.name, self.version = self._judge.name, self._judge.version
        self.conditioning, self.threshold = options.conditioning, float(options.threshold)

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 probabilities; success where at or above ``threshold``."""
        return self._judge.judge(pictures, sentence, lambda x, goal: contrast(x, goal, self._scale))
