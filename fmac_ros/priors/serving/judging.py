"""Value and success requests of several clients in one call of the prior."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from fmac_ros.picture import fingerprint
from fmac_ros.priors.base import check_finite, is_batchable, is_cacheable
from fmac_ros.priors.serving.cache import ScoreCache
from fmac_ros.priors.serving.job import Judgement
from fmac_ros.priors.serving.memory import Frugal

Ask = Callable[[np.ndarray, str], np.ndarray]  # pictures (n, h, w, 3), sentence to (n,)


class Judging:
    """The work of a lane of judgements.

    Those that wait with the same sentence and picture size are answered together. Where such
    a call fails, each is asked by itself: one client's picture must not fail another's request.

    Args:
        prior: what ``ask`` asks; ``cacheable = False`` on it keeps its scores out of the cache,
            ``batchable = False`` gives it each request whole and by itself.
        max_batch: pictures in one call.
        cache: of this prior alone: value and success may be one model with one name.
    """

    def __init__(self, prior: Any, ask: Ask, max_batch: int, cache: ScoreCache | None) -> None:
        self._prior, self._ask = prior, ask
        self._together = is_batchable(prior)
        self._frugal = Frugal(max_batch if self._together else sys.maxsize, prior.name)
        self._cache = cache if is_cacheable(prior) else None

    def take(self, waiting: deque[Judgement]) -> list[Judgement]:
        """The first job, and those like it that fit beside it whole."""
        if not self._together:
            return [waiting.popleft()]
        first = waiting[0]
        room = self._frugal.limit - min(first.left, self._frugal.limit)
        taken = [first]
        for job in list(waiting)[1:]:
            if job.left <= room and _alike(job, first):
                taken.append(job)
                room -= job.left
        chosen = set(map(id, taken))
        rest = [job for job in waiting if id(job) not in chosen]
        waiting.clear()
        waiting.extend(rest)
        return taken

    def run(self, jobs: Sequence[Judgement]) -> None:
        """Answer the jobs; of one that is too long for a call, the next part."""
        parts = [job.next(self._frugal.limit) for job in jobs]
        pictures = parts[0] if len(parts) == 1 else np.concatenate(parts)
        try:
            scores = self._scores(pictures, jobs[0].sentence)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the future
            self._run_alone(jobs, error)
            return
        ends = np.cumsum([len(part) for part in parts])[:-1]
        for job, own in zip(jobs, np.split(scores, ends), strict=True):
            job.add(own)

    def _run_alone(self, jobs: Sequence[Judgement], error: Exception) -> None:
        if len(jobs) == 1:
            jobs[0].fail(error)
            return
        for job in jobs:
            if not job.over:
                self.run([job])

    def _scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """(n,) float32 scores, of the prior or remembered."""
        if self._cache is None:
            return self._asked(pictures, sentence)
        origin = (self._prior.name, self._prior.version, sentence)
        keys: list[Hashable] = [(*origin, fingerprint(picture)) for picture in pictures]
        known = self._cache.look_up(keys)
        new = {key: index for index, key in enumerate(keys) if key not in known}
        if new:
            scores = self._asked(pictures[list(new.values())], sentence)
            fresh = dict(zip(new, scores.tolist(), strict=True))
            self._cache.remember(fresh)
            known.update(fresh)
        return np.array([known[key] for key in keys], np.float32)

    def _asked(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        def part(start: int, stop: int) -> np.ndarray:
            scores = np.asarray(self._ask(pictures[start:stop], sentence))
            if scores.shape != (stop - start,):
                asked = f"{stop - start} pictures"
                raise RuntimeError(f"{self._prior.name} gave shape {scores.shape} about {asked}")
            return check_finite(scores, self._prior.name).astype(np.float32)

        return self._frugal(part, len(pictures))


def _alike(job: Judgement, other: Judgement) -> bool:
    return job.sentence == other.sentence and job.pictures.shape[1:] == other.pictures.shape[1:]
