"""The three priors, each in a lane of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np

from fmac_ros.priors.registry import Priors
from fmac_ros.priors.serving.cache import ScoreCache
from fmac_ros.priors.serving.generating import FrugalVideo, Generating
from fmac_ros.priors.serving.job import Generation, Job, Judgement
from fmac_ros.priors.serving.judging import Judging
from fmac_ros.priors.serving.lane import Lane
from fmac_ros.priors.serving.options import ServingOptions


class PriorLanes:
    """Value, success and video requests, none of which waits behind another kind.

    Requests are taken from the start; they are answered once the priors are there.

    Args:
        prepare: called first in the thread of each lane.
    """

    def __init__(self, options: ServingOptions, prepare: Callable[[], None] = lambda: None) -> None:
        self._options = options
        self._caches = {name: ScoreCache(options.cache_size) for name in ("value", "success")}
        self.priors: Priors | None = None
        self.video: FrugalVideo | None = None

        def lane(name: str) -> Lane:
            return Lane(name, options.max_queue, options.deadline, prepare)

        self._lanes = {name: lane(name) for name in ("value", "success", "video")}

    def open(self, priors: Priors) -> None:
        """Begin to answer."""
        self.priors, self.video = priors, FrugalVideo(priors.video)
        value, success = priors.value, priors.success
        for name, prior, ask in (
            ("value", value, value.values),
            ("success", success, success.scores),
        ):
            cache = self._caches[name] if self._options.cache_size else None
            self._lanes[name].open(Judging(prior, ask, self._options.max_batch, cache))
        self._lanes["video"].open(Generating())

    def values(self, pictures: np.ndarray, sentence: str) -> Future[np.ndarray]:
        """M_V of (n, h, w, 3) pictures. Raises Busy, or RuntimeError once closed."""
        return self._submit("value", Judgement(pictures, sentence))

    def scores(self, pictures: np.ndarray, sentence: str) -> Future[np.ndarray]:
        """M_R of (n, h, w, 3) pictures. Raises Busy, or RuntimeError once closed."""
        return self._submit("success", Judgement(pictures, sentence))

    def generate(self, job: Generation) -> Future[Any]:
        """What ``job.make`` returns. Raises Busy, or RuntimeError once closed."""
        return self._submit("video", job)

    def expire(self) -> None:
        """Fail the requests whose deadline has passed; to be called now and then."""
        for lane in self._lanes.values():
            lane.expire()

    def close(self, refusal: str, timeout: float = 0.0) -> None:
        """Refuse all requests, saying why; wait up to ``timeout`` [s] for each call under way,
        then end the priors' threads."""
        for lane in self._lanes.values():
            lane.close(refusal, timeout)
        if self.priors is not None:
            self.priors.close()

    def hanging(self) -> list[str]:
        """Lanes whose prior has not been heard of for longer than the deadline."""
        return [name for name, lane in self._lanes.items() if lane.hangs]

    def report(self) -> dict[str, float | int | str]:
        """Queue lengths, counts since the start, and what the priors tell of themselves."""
        lanes = self._lanes.values()
        told = {} if self.priors is None else self.priors.status()
        return {
            **{f"{lane.name} waiting": lane.length for lane in lanes},
            **{f"{lane.name} calls": lane.counts.calls for lane in lanes},
            "refused": sum(lane.counts.refused for lane in lanes),
            "expired": sum(lane.counts.expired for lane in lanes),
            "cache hits": sum(cache.hits for cache in self._caches.values()),
            **told,
        }

    def _submit(self, name: str, job: Job) -> Future[Any]:
        self._lanes[name].submit(job)
        return job.future
