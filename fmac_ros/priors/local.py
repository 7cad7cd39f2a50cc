"""Ask the priors about an episode, in this process."""

from __future__ import annotations

import zlib

import numpy as np

from fmac_ros.priors.registry import Priors
from fmac_ros.types import Episode, PriorLabels

LOOK_AHEAD = 2  # frames; one step ahead the arm hardly moves in the picture


class LocalPriors:
    """``label(episode)`` with priors loaded in-process.

    Args:
        look_ahead: which imagined frame stands for ``s_hat_{t+1}``.
        seed: of the imagination; with the episode id it fixes every sample.
    """

    def __init__(self, priors: Priors, look_ahead: int = LOOK_AHEAD, seed: int = 0) -> None:
        if not 1 <= look_ahead <= priors.video.frames:
            raise ValueError(f"look_ahead is {look_ahead}, valid: 1..{priors.video.frames}")
        self.priors, self.look_ahead, self.seed = priors, look_ahead, seed

    def label(self, episode: Episode) -> PriorLabels:
        """Return M_V and M_R of all T+1 states and the frame imagined from each of the first T."""
        pictures, task = episode.pictures, episode.task
        scores = self.priors.success.scores(pictures, task)  # (T+1,)
        verdicts = scores >= self.priors.success.threshold
        return PriorLabels(
            values=self.priors.value.values(pictures, task),
            successes=verdicts.astype(np.float32),
            success_scores=scores,
            imagined=self.imagine(pictures[:-1], task, episode.id),
        )

    def imagine(self, pictures: np.ndarray, task: str, episode_id: str) -> np.ndarray:
        """Return (n, c, h, w) float16 latents imagined from each of (n, h, w, 3) pictures."""
        seed = zlib.crc32(f"{self.seed}/{episode_id}".encode())
        frames = self.priors.video.imagine(pictures, task, (self.look_ahead,), seed)
        return frames[:, 0]
