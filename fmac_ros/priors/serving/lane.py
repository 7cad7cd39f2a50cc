"""A bounded queue in front of one thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fmac_ros.priors.errors import Busy
from fmac_ros.priors.serving.job import Job


class Work(Protocol):
    """What a lane does with its jobs."""

    def take(self, waiting: deque[Any]) -> Sequence[Any]:
        """Remove from a non-empty queue, and return, the jobs of the next call."""
        ...

    def run(self, jobs: Sequence[Any]) -> None:
        """Answer or fail the jobs, or a part of each. Must not raise."""
        ...


@dataclass
class Counts:
    """What became of the requests of a lane."""

    refused: int = 0  # the queue was full
    expired: int = 0  # the deadline passed
    calls: int = 0  # turns of the work, each for one job or several


class Lane:
    """Jobs wait here in the order of their arrival; one thread serves them.

    Whatever waits is taken at once, nothing waits for company. A job that is not finished
    after its turn goes to the back of the queue, so a long one lets short ones pass.

    Args:
        name: in errors, and of the thread.
        max_queue: jobs that wait; a further one is refused.
        deadline: longest time without progress of a job [s].
        prepare: called first in the thread.
    """

    def __init__(
        self,
        name: str,
        max_queue: int,
        deadline: float,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self.name, self.counts = name, Counts()
        self._max_queue, self._deadline = max_queue, deadline
        self._waiting: deque[Job] = deque()
        self._running: Sequence[Job] = ()
        self._turn_began: float | None = None
        self._work: Work | None = None
        self._refusal = ""
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, args=(prepare,), name=name, daemon=True)
        self._thread.start()

    def open(self, work: Work) -> None:
        """Begin to serve; jobs that came before are waiting."""
        with self._changed:
            self._work = work
            self._changed.notify_all()

    def submit(self, job: Job) -> None:
        """Queue a job. Raises Busy where the queue is full, RuntimeError where the lane
        is closed."""
        with self._changed:
            if self._refusal:
                raise RuntimeError(self._refusal)
            self._forget_the_dead()
            if len(self._waiting) >= self._max_queue:
                self.counts.refused += 1
                raise Busy(f"{self._max_queue} {self.name} requests wait already; ask again later")
            self._waiting.append(job)
            self._changed.notify_all()

    def expire(self) -> None:
        """Fail the jobs whose deadline has passed; to be called now and then."""
        with self._changed:
            late = time.monotonic() - self._deadline
            overdue = [job for job in (*self._running, *self._waiting) if job.since < late]
        reason = f"no {self.name} answer within the deadline of {self._deadline:g} s"
        self.counts.expired += sum([job.fail(Busy(reason)) for job in overdue])

    def close(self, refusal: str, timeout: float = 0.0) -> None:
        """Refuse what waits and what comes, saying why; wait for the call under way, at most
        ``timeout`` [s]."""
        with self._changed:
            self._refusal = refusal
            waiting, self._waiting = list(self._waiting), deque()
            self._changed.notify_all()
        for job in waiting:
            job.fail(RuntimeError(refusal))
        self._thread.join(timeout)

    @property
    def length(self) -> int:
        """How many jobs wait, without those that are being served."""
        with self._changed:
            return sum(not job.over for job in self._waiting)

    @property
    def hangs(self) -> bool:
        """Whether the call under way has told nothing for longer than the deadline."""
        with self._changed:
            if self._turn_began is None:
                return False
            heard = max([self._turn_began, *(job.since for job in self._running)])
            return time.monotonic() - heard > self._deadline

    def _serve(self, prepare: Callable[[], None]) -> None:
        prepare()
        while self._begin():
            assert self._work is not None
            self._work.run(self._running)
            self._end()

    def _begin(self) -> bool:
        """Wait for jobs and take the next ones; False where the lane is closed."""
        with self._changed:
            while True:
                self._forget_the_dead()
                if self._refusal:
                    return False
                if self._work is not None and self._waiting:
                    break
                self._changed.wait()
            self._running = self._work.take(self._waiting)
            self._turn_began = time.monotonic()
            return True

    def _end(self) -> None:
        with self._changed:
            unfinished = [job for job in self._running if job.unfinished]
            self._running, self._turn_began = (), None
            self.counts.calls += 1
            refusal = self._refusal
            if not refusal:
                self._waiting.extend(unfinished)
        if refusal:
            for job in unfinished:
                job.fail(RuntimeError(refusal))

    def _forget_the_dead(self) -> None:
        if any(job.over for job in self._waiting):
            self._waiting = deque(job for job in self._waiting if not job.over)
