"""Success by vote or by average, value by mean or median, of other priors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fmac_ros.priors.backends import Context, Options, parse_options, register
from fmac_ros.priors.base import threshold_of
from fmac_ros.priors.ensemble.members import Members, checked
from fmac_ros.priors.ensemble.options import EnsembleOptions, MeanOptions, VoteOptions
from fmac_ros.priors.ensemble.voting import HALF, kth_largest, levels, majority

VOTE, MEAN, MEDIAN = "vote", "mean", "median"

Combine = Callable[[np.ndarray], np.ndarray]  # (n, v) answers to (n,)


@register("success", VOTE)
def make_vote(options: Options, context: Context) -> EnsembleSuccess:
    """M_R by k of n verdicts: the score is the k-th largest level."""
    parsed = parse_options(VoteOptions, options)
    members = Members("success", parsed, context)

    def combine(votes: np.ndarray) -> np.ndarray:
        return kth_largest(votes, majority(votes.shape[1]) if parsed.k is None else parsed.k)

    version = members.version(f"k={parsed.k or 'majority'}")
    return EnsembleSuccess(members, VOTE, version, combine, float(HALF))


@register("success", MEAN)
def make_mean_success(options: Options, context: Context) -> EnsembleSuccess:
    """M_R by the mean level."""
    parsed = parse_options(MeanOptions, options)
    members = Members("success", parsed, context)
    return EnsembleSuccess(members, MEAN, members.version(), _mean, float(parsed.threshold))


@register("value", MEAN)
def make_mean_value(options: Options, context: Context) -> EnsembleValue:
    """M_V by the mean."""
    return EnsembleValue(_value_members(options, context), MEAN, _mean)


@register("value", MEDIAN)
def make_median_value(options: Options, context: Context) -> EnsembleValue:
    """M_V by the median, which one model alone cannot move far."""
    return EnsembleValue(_value_members(options, context), MEDIAN, _median)


def _value_members(options: Options, context: Context) -> Members:
    return Members("value", parse_options(EnsembleOptions, options), context)


def _mean(votes: np.ndarray) -> np.ndarray:
    return votes.mean(axis=1, dtype=np.float32)


def _median(votes: np.ndarray) -> np.ndarray:
    return np.median(votes, axis=1).astype(np.float32)


class EnsembleSuccess:
    """``M_R`` of several (``base.SuccessPrior``), over levels as ``voting`` defines them."""

    def __init__(
        self, members: Members, verdict: str, version: str, combine: Combine, threshold: float
    ) -> None:
        self._members, self._combine = members, combine
        self.name, self.version, self.threshold = members.name(verdict), version, threshold
        self.picture_size, self.conditioning = members.picture_size, members.conditioning
        self.cacheable, self.batchable = members.cacheable, members.batchable
        self.warm_up, self.status, self.close = members.warm_up, members.status, members.close

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 scores; success where at or above ``threshold``."""

        def judge(member: Any, shown: np.ndarray) -> np.ndarray:
            scores = checked(member.scores(shown, sentence), len(shown), member.name)
            return levels(scores, threshold_of(member, sentence))

        return self._combine(self._members.ask(judge, pictures))


class EnsembleValue:
    """``M_V`` of several (``base.ValuePrior``)."""

    def __init__(self, members: Members, verdict: str, combine: Combine) -> None:
        self._members, self._combine = members, combine
        self.name, self.version = members.name(verdict), members.version()
        self.picture_size, self.conditioning = members.picture_size, members.conditioning
        self.cacheable, self.batchable = members.cacheable, members.batchable
        self.warm_up, self.status, self.close = members.warm_up, members.status, members.close

    def values(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 values in 0..1."""

        def judge(member: Any, shown: np.ndarray) -> np.ndarray:
            return checked(member.values(shown, sentence), len(shown), member.name)

        return self._combine(self._members.ask(judge, pictures))
