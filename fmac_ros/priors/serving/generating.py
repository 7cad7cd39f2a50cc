"""Video requests, one after the other."""

from __future__ import annotations

import sys
import zlib
from collections import deque
from collections.abc import Sequence

import numpy as np

from fmac_ros.priors.base import Progress, VideoPrior
from fmac_ros.priors.serving.job import Generation
from fmac_ros.priors.serving.memory import Frugal


class Generating:
    """The work of the lane of videos."""

    def take(self, waiting: deque[Generation]) -> list[Generation]:
        """The first job."""
        return [waiting.popleft()]

    def run(self, jobs: Sequence[Generation]) -> None:
        """Make the video."""
        for job in jobs:
            try:
                job.answer(job.make(job.progress))
            except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the future
                job.fail(error)


class FrugalVideo:
    """A video prior that imagines fewer states at once where memory is short.

    The noise of a batch is drawn as a whole, so where a request is split the parts after the
    first get seeds of their own; equal seeds give equal videos only while memory suffices.
    """

    def __init__(self, prior: VideoPrior) -> None:
        self._prior = prior
        self._frugal = Frugal(sys.maxsize, prior.name)
        self.name, self.version, self.frames = prior.name, prior.version, prior.frames

    def imagine(
        self,
        pictures: np.ndarray,
        sentence: str,
        frame_indices: Sequence[int],
        seed: int,
        progress: Progress,
    ) -> np.ndarray:
        """Return (n, k, c, h, w) latents, as ``base.VideoPrior`` does."""
        count = len(pictures)

        def part(start: int, stop: int) -> np.ndarray:
            own = zlib.crc32(f"{seed}/{start}".encode()) if start else seed

            def tell(share: float) -> None:
                progress((start + share * (stop - start)) / count)

            return self._prior.imagine(pictures[start:stop], sentence, frame_indices, own, tell)

        return self._frugal(part, count)
