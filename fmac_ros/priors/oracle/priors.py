"""The backends ``oracle``: success and value from the simulator's ground truth, with noise.

Noise belongs to a picture: the same picture is always judged with the same error, in the
episode and when it is labelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple

import numpy as np

from fmac_ros.picture import fingerprint
from fmac_ros.priors.backends import Context, Options, parse_options, register
from fmac_ros.priors.base import check_pictures
from fmac_ros.priors.oracle.options import OracleSuccessOptions, OracleValueOptions
from fmac_ros.priors.oracle.truth import Truth, TruthSource, UnknownPicture
from fmac_ros.priors.spec import ORACLE

Answer = Callable[[Truth, np.random.Generator], float]


@register("success", ORACLE)
def make_success(options: Options, context: Context) -> OracleSuccess:
    """M_R as the simulator knows it, wrong at the given rates."""
    return OracleSuccess(parse_options(OracleSuccessOptions, options), _source(context))


@register("value", ORACLE)
def make_value(options: Options, context: Context) -> OracleValue:
    """M_V as the simulator knows it; only where the source knows the progress."""
    parsed, source = parse_options(OracleValueOptions, options), _source(context)
    if not source.has_progress:
        raise ValueError(
            "the ground truth of the ROS graph tells success only, valid: the oracle of success "
            "there; the oracle of value in a run without ROS (fmac_ros.sim.local_robot)"
        )
    return OracleValue(parsed, source)


def _source(context: Context) -> TruthSource:
    if context.truth is None:
        raise ValueError(
            "no ground truth is at hand, valid: only where a simulator runs, "
            "as in fmac train and fmac eval"
        )
    return context.truth


class _Oracle:
    """Looks every picture up and answers with noise of its own."""

    picture_size: tuple[int, int] | None = None
    conditioning = ("text",)
    cacheable = False  # two states may share a picture; the later one counts

    def __init__(self, source: TruthSource, seed: int) -> None:
        self._source, self._seed = source, seed

    def _answers(self, pictures: np.ndarray, sentence: str, answer: Answer) -> np.ndarray:
        """(n,) float32 answers about (n, h, w, 3) pictures. Raises UnknownPicture."""
        check_pictures(pictures)
        return np.array([self._one(p, sentence, answer) for p in pictures], np.float32)

    def _one(self, picture: np.ndarray, sentence: str, answer: Answer) -> float:
        truth = self._source.look_up(picture)
        if truth.task != sentence:
            raise UnknownPicture(
                f"asked about {sentence!r}, valid: {truth.task!r}, what the simulator runs"
            )
        entropy = int.from_bytes(fingerprint(picture), "big")
        return answer(truth, np.random.default_rng([self._seed, entropy]))


class OracleSuccess(_Oracle):
    """``M_R`` with errors at chosen rates (``base.SuccessPrior``)."""

    name = "oracle-success"
    threshold = 0.5

    def __init__(self, options: OracleSuccessOptions, source: TruthSource) -> None:
        super().__init__(source, options.seed)
        self._options = options
        self.version = str(astuple(options))

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32, 1 or 0 each."""
        return self._answers(pictures, sentence, self._verdict)

    def _verdict(self, truth: Truth, rng: np.random.Generator) -> float:
        options = self._options
        rate = options.false_negative_rate if truth.success else options.false_positive_rate
        wrong = rng.random() < rate
        return float(truth.success ^ wrong ^ options.reversed)


class OracleValue(_Oracle):
    """``M_V`` from the layout's own progress (``base.ValuePrior``)."""

    name = "oracle-value"

    def __init__(self, options: OracleValueOptions, source: TruthSource) -> None:
        super().__init__(source, options.seed)
        self._options = options
        self.version = str(astuple(options))

    def values(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 values in 0..1."""
        return self._answers(pictures, sentence, self._value)

    def _value(self, truth: Truth, rng: np.random.Generator) -> float:
        if truth.progress is None:
            raise UnknownPicture("the progress of this picture is not known")
        right = 1.0 - truth.progress if self._options.reversed else truth.progress
        return float(np.clip(right + rng.normal(0.0, self._options.value_noise), 0.0, 1.0))
