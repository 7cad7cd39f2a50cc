"""A success prior whose verdicts keep the false-positive rate that was asked for."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import numpy as np

from fmac_ros.priors.base import SuccessPrior, is_batchable, is_cacheable, wants_warm_up
from fmac_ros.trust.calibration import TAIL, Calibration, ThresholdOptions, never_succeeds

_STEPS = 10_000  # the lowest valid rate is told in steps of 1 / _STEPS, rounded up
_LOG = logging.getLogger(__name__)


class CalibratedSuccess:
    """``M_R`` with conformal thresholds (``base.SuccessPrior``).

    Success from the threshold of the sentence's task on, failure below its failure threshold,
    unsure between them; unsure counts as not solved. The attributes are those of all tasks.
    """

    def __init__(
        self, prior: SuccessPrior, calibration: Calibration, options: ThresholdOptions
    ) -> None:
        made_for = (calibration.name, calibration.version)
        if made_for != (prior.name, prior.version):
            raise ValueError(
                f"calibration is of {' '.join(made_for)}, valid: of {prior.name} {prior.version}; "
                "'fmac calibrate' makes it anew"
            )
        self.prior = prior
        self._calibration, self._options = calibration, options
        self.failure_threshold, self.threshold = calibration.thresholds(options)
        self.name, self.conditioning = prior.name, prior.conditioning
        self.version = f"{prior.version}[fpr={options.rate:g}/{options.per}]"
        self.picture_size = prior.picture_size
        self.cacheable, self.batchable = is_cacheable(prior), is_batchable(prior)
        self.warm_up = wants_warm_up(prior)

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 probabilities of (n, h, w, 3) uint8 pictures."""
        return self.prior.scores(pictures, sentence)

    def threshold_of(self, sentence: str) -> float:
        """From what score on a picture is solved for a sentence (``base.threshold_of``)."""
        return self._calibration.thresholds(self._options, sentence)[1]

    def status(self) -> dict[str, float | int | str]:
        """Both thresholds, and what the prior tells of itself."""
        own: dict[str, float | int | str] = getattr(self.prior, "status", dict)()
        thresholds = {"threshold": self.threshold, "failure_threshold": self.failure_threshold}
        return {**own, **thresholds}

    def close(self) -> None:
        """End the prior's threads, if it has some."""
        getattr(self.prior, "close", lambda: None)()

    def unsure(self, scores: np.ndarray, sentence: str) -> np.ndarray:
        """(n,) bool: neither success nor failure."""
        failed, solved = self._calibration.thresholds(self._options, sentence)
        return (scores >= failed) & (scores < solved)


def calibrated(
    prior: SuccessPrior, path: Path | None, options: ThresholdOptions, required: bool = False
) -> SuccessPrior:
    """The prior with calibrated thresholds, or as it is, with a warning.

    Args:
        path: its calibration; None where it has none.
        required: a calibration that is missing or another prior's is an error.

    Raises:
        FileNotFoundError: it is required and missing.
        ValueError: it is damaged, required and another prior's, or made from too few negatives
            for the rate that is asked for.
    """
    if not options.rate:
        return prior
    if path is None or not (required or path.is_file()):
        _warn(prior, "is not calibrated")
        return prior
    calibration = Calibration.load(path)
    if not required and (calibration.name, calibration.version) != (prior.name, prior.version):
        _warn(prior, f"was trained anew since {path} was made")
        return prior
    believed = CalibratedSuccess(prior, calibration, options)
    if never_succeeds(believed.threshold):
        raise ValueError(_too_strict(calibration, options))
    return believed


def _too_strict(calibration: Calibration, options: ThresholdOptions) -> str:
    """Why a rate is refused that so few negatives cannot promise, and what is valid."""
    known = calibration.whole.known(options.per)
    lowest = math.ceil(_STEPS / (known + 1)) / _STEPS
    valid = f"{lowest:g} or more, or 0" if lowest <= TAIL else "0"
    return (
        f"success_fpr is {options.rate:g} per {options.per}, valid: {valid}; success prior "
        f"{calibration.name} is calibrated on {known}, 'fmac calibrate' on more allows less "
        "and 0 leaves it its own threshold"
    )


def _warn(prior: SuccessPrior, what: str) -> None:
    _LOG.warning(
        "success prior %s %s: its own threshold %.4f holds, whatever success_fpr says; "
        "'fmac calibrate' changes that",
        prior.name,
        what,
        prior.threshold,
    )
