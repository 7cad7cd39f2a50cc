"""A request on its way through a lane."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import Any

import numpy as np

from fmac_ros.priors.base import Progress
from fmac_ros.priors.serving.errors import Cancelled


class Job:
    """One request; ``future`` holds its answer, or why there is none.

    The lane's thread and the one that watches the deadline may end a job at the same time:
    the first of them counts.
    """

    def __init__(self) -> None:
        self.future: Future[Any] = Future()
        self.since = time.monotonic()  # when it last made progress [s]

    @property
    def over(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.future.done()

    @property
    def unfinished(self) -> bool:
        """Whether it wants another turn."""
        return not self.over

    def answer(self, result: Any) -> None:
        """Give the answer, unless it is over."""
        with contextlib.suppress(InvalidStateError):
            self.future.set_result(result)

    def fail(self, error: Exception) -> bool:
        """Say why there is no answer; False where it was over."""
        try:
            self.future.set_exception(error)
        except InvalidStateError:
            return False
        return True


class Judgement(Job):
    """Numbers asked for (n, h, w, 3) uint8 ``pictures`` under one sentence.

    It may be answered piece by piece: ``done`` pictures have their number.
    """

    def __init__(self, pictures: np.ndarray, sentence: str) -> None:
        super().__init__()
        self.pictures, self.sentence = pictures, sentence
        self.done = 0
        self._answers = np.empty(len(pictures), np.float32)

    @property
    def left(self) -> int:
        """How many pictures have no number yet."""
        return len(self.pictures) - self.done

    def next(self, count: int) -> np.ndarray:
        """The next (count, h, w, 3) pictures."""
        return self.pictures[self.done : self.done + count]

    def add(self, numbers: np.ndarray) -> None:
        """Take the numbers of the next pictures; the last ones end the job."""
        self._answers[self.done : self.done + len(numbers)] = numbers
        self.done += len(numbers)
        if not self.left:
            self.answer(self._answers)


class Generation(Job):
    """A video: ``make`` is called with a progress callback and returns the answer.

    Args:
        tell: told the finished share, 0..1, in the lane's thread.
    """

    def __init__(self, make: Callable[[Progress], Any], tell: Progress) -> None:
        super().__init__()
        self.make, self._tell = make, tell

    def progress(self, share: float) -> None:
        """Pass progress on; raises Cancelled where nobody waits any more."""
        if self.over:
            raise Cancelled("nobody waits for the video any more")
        self.since = time.monotonic()
        self._tell(share)

    def cancel(self) -> None:
        """End it now; a generation under way stops at its next step."""
        self.fail(Cancelled("cancelled by the client"))
