"""Weights that follow how well each prior agrees with the outcomes of episodes.

An outcome is a success that M_R claimed and, where there is an audit, the audit accepted. No
ground truth is read. Everything follows from the episodes in their order, so a resumed run
finds the same weights again.
"""

from __future__ import annotations

import math

import numpy as np

from fmac_ros.learning.record import Record
from fmac_ros.trust.weights import PriorWeights

LEAST = 10  # episodes of each outcome, before a prior counts less
# Standard errors below chance from which a prior is called reversed, and counts nothing. Four
# successes whose values lie below those of fifty failures are enough, three never are.
REVERSED_Z = -3.0
FULL_AUC = 0.75  # of the final values, from which M_V counts fully
FULL_COSINE = 0.1  # towards the solved state, from which M_tau counts fully
END = 2  # states at the end whose mean value is compared


class Reliability:
    """Collects episodes, gives weights.

    Args:
        audited: whether claims are audited; without, nothing is known against M_R.
    """

    def __init__(self, audited: bool = False) -> None:
        self._audited = audited
        self._solved: list[float] = []  # final M_V of successes
        self._failed: list[float] = []  # and of the other episodes
        self._cosines: list[float] = []
        self._claims = self._accepted = 0

    def add(self, record: Record) -> None:
        """Take one more finished episode."""
        claimed = record.episode.terminated
        success = claimed and not record.rejected
        self._claims += claimed
        self._accepted += success
        final = float(np.mean(record.labels.values[-END:]))
        (self._solved if success else self._failed).append(final)
        if success and (cosine := heading(record)) is not None:
            self._cosines.append(cosine)

    @property
    def weights(self) -> PriorWeights:
        """What is known so far; 1 where too little is."""
        return PriorWeights(self._value(), self._video(), self._success())

    @property
    def reversed_priors(self) -> tuple[str, ...]:
        """Priors that agree with outcomes significantly less than chance would."""
        found = [("value", self._value_z()), ("video", self._video_z())]
        return tuple(name for name, z in found if _is_reversed(z))

    def metrics(self) -> dict[str, float]:
        """Weights and agreement by name, for the trainer's status."""
        weights = self.weights
        found = {
            "weight_value": weights.value,
            "weight_video": weights.video,
            "weight_success": weights.success,
            "value_reversed": float("value" in self.reversed_priors),
            "video_reversed": float("video" in self.reversed_priors),
        }
        if self._enough_values():
            found["value_agreement_auc"] = self._auc()
        if len(self._cosines) >= LEAST:
            found["video_agreement_cosine"] = float(np.mean(self._cosines))
        return found

    def _value(self) -> float:
        """Chance that a success ends with a higher M_V than a failure, 0.5 and below to 0.

        With few outcomes 1, unless even these are too many to be chance.
        """
        if _is_reversed(self._value_z()):
            return 0.0
        if not self._enough_values():
            return 1.0
        return float(np.clip((self._auc() - 0.5) / (FULL_AUC - 0.5), 0.0, 1.0))

    def _value_z(self) -> float | None:
        """Mann and Whitney's statistic in standard errors under chance; None without both."""
        n, m = len(self._solved), len(self._failed)
        if not (n and m):
            return None
        return (self._auc() - 0.5) / math.sqrt((n + m + 1) / (12 * n * m))

    def _auc(self) -> float:
        solved, failed = np.array(self._solved), np.sort(self._failed)
        below = np.searchsorted(failed, solved, "left")
        upto = np.searchsorted(failed, solved, "right")  # ties count half
        return float((below + upto).mean() / (2 * len(failed)))

    def _enough_values(self) -> bool:
        return min(len(self._solved), len(self._failed)) >= LEAST

    def _video(self) -> float:
        if len(self._cosines) < LEAST:
            return 1.0
        return float(np.clip(np.mean(self._cosines) / FULL_COSINE, 0.0, 1.0))

    def _video_z(self) -> float | None:
        if len(self._cosines) < LEAST:
            return None
        error = float(np.std(self._cosines, ddof=1)) / math.sqrt(len(self._cosines))
        return float(np.mean(self._cosines)) / max(error, 1e-6)

    def _success(self) -> float:
        if not self._audited or self._claims < LEAST:
            return 1.0
        return self._accepted / self._claims


def _is_reversed(z: float | None) -> bool:
    return z is not None and z < REVERSED_Z


def heading(record: Record) -> float | None:
    """Mean cosine between the imagined change and the way to the last, solved, state.

    None where the episode is too short, or nothing moves in it.
    """
    latents = record.latents.astype(np.float32).reshape(len(record.latents), -1)  # (T+1, d)
    imagined = record.labels.imagined.astype(np.float32).reshape(len(latents) - 1, -1)
    change = (imagined - latents[:-1])[:-1]  # (T-1, d); one step from the end is mostly noise
    way = (latents[-1] - latents[:-1])[:-1]
    lengths = np.linalg.norm(change, axis=1) * np.linalg.norm(way, axis=1)
    moving = lengths > 1e-6
    if not moving.any():
        return None
    return float(((change * way).sum(1)[moving] / lengths[moving]).mean())
