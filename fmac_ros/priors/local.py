"""Ask the priors about an episode, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from fmac_ros.picture import fingerprint
from fmac_ros.priors.base import threshold_of
from fmac_ros.priors.imagining import LOOK_AHEAD, Targets, every_step, noise_seed
from fmac_ros.priors.registry import Priors
from fmac_ros.types import Episode, PriorLabels


class LocalPriors:
    """``label(episode)`` with priors loaded in-process.

    Args:
        look_ahead: which imagined frame stands for ``s_hat_{t+1}``.
        seed: of the imagination; with the episode id it fixes every sample.
        targets: how the imagined frames of an episode are chosen.
    """

    def __init__(
        self,
        priors: Priors,
        look_ahead: int = LOOK_AHEAD,
        seed: int = 0,
        targets: Targets = every_step,
    ) -> None:
        if not 1 <= look_ahead <= priors.video.frames:
            raise ValueError(f"look_ahead is {look_ahead}, valid: 1..{priors.video.frames}")
        self.priors, self.look_ahead, self.seed = priors, look_ahead, seed
        self._targets = targets
        self._judged: dict[tuple[str, bytes], float] = {}  # of the episode under way

    def judge(self, picture: np.ndarray, task: str) -> tuple[float, bool]:
        """M_R of one (h, w, 3) picture, and whether that counts as solved.

        The score is kept until the episode is labelled, since it is half of the labels' work.
        """
        score = float(self.priors.success.scores(picture[None], task)[0])
        self._judged[task, fingerprint(picture)] = score
        return score, score >= threshold_of(self.priors.success, task)

    def label(self, episode: Episode) -> PriorLabels:
        """Return M_V and M_R of all T+1 states and an imagined frame for each of the first T."""
        pictures, task = episode.pictures, episode.task
        scores = self._scores(pictures, task)  # (T+1,)
        verdicts = scores >= threshold_of(self.priors.success, task)
        return PriorLabels(
            values=self.priors.value.values(pictures, task),
            successes=verdicts.astype(np.float32),
            success_scores=scores,
            imagined=self._targets(pictures[:-1], self.look_ahead, partial(self._ask, episode)),
        )

    def imagine(self, pictures: np.ndarray, task: str, name: str) -> np.ndarray:
        """Return (n, c, h, w) float16 latents imagined from each of (n, h, w, 3) pictures.

        Args:
            name: of what is asked about; with the seed it fixes every sample.
        """
        seed = noise_seed(self.seed, name)
        return self.priors.video.imagine(pictures, task, (self.look_ahead,), seed)[:, 0]

    def _scores(self, pictures: np.ndarray, task: str) -> np.ndarray:
        """(n,) float32 M_R, of what was judged as it was then."""
        keys = [(task, fingerprint(picture)) for picture in pictures]
        new = [index for index, key in enumerate(keys) if key not in self._judged]
        if new:
            found = self.priors.success.scores(pictures[new], task)
            self._judged |= {
                keys[index]: float(score) for index, score in zip(new, found, strict=True)
            }
        scores = np.array([self._judged[key] for key in keys], np.float32)
        self._judged.clear()
        return scores

    def _ask(self, episode: Episode, states: slice, frames: Sequence[int]) -> np.ndarray:
        """``imagining.Ask`` about an episode."""
        wanted = frames or range(1, self.priors.video.frames + 1)
        seed = noise_seed(self.seed, episode.id, states.start)
        return self.priors.video.imagine(episode.pictures[states], episode.task, wanted, seed)
