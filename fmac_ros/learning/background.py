"""Updates in a thread of their own, so that the robot need not wait for the learner."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.record import Record
from fmac_ros.learning.updater import Publish
from fmac_ros.trust.weights import PriorWeights

T = TypeVar("T")


class BackgroundLearner:
    """Owns a learner: only its thread touches it, between updates it does what others ask.

    An exception in an update ends the thread and is raised by the next call.
    """

    def __init__(self, learner: BaseLearner, publish: Publish, publish_every: int = 50) -> None:
        self._learner = learner
        self._publish = publish
        self._publish_every = publish_every
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._target = learner.updates
        self._advanced = threading.Condition()
        self._error: BaseException | None = None
        self._running = True
        self.metrics: Mapping[str, float] = {}
        publish(learner.updates, learner.parameters())
        self._thread = threading.Thread(target=self._run, name="learner", daemon=True)
        self._thread.start()

    @property
    def updates(self) -> int:
        """Updates so far."""
        return self._learner.updates

    def add(self, record: Record) -> None:
        """Store one episode, for the updates after this call."""
        self._ask(lambda: self._learner.add(record))

    def set_weights(self, weights: PriorWeights) -> None:
        """Weigh the priors like this in the updates after this call."""
        self._ask(lambda: setattr(self._learner, "weights", weights))

    def train_to(self, updates: int, lag: int = 0) -> None:
        """Raise the target to ``updates``; wait while more than ``lag`` of them are missing."""
        self._ask(lambda: self._raise_target(updates))
        with self._advanced:
            self._advanced.wait_for(lambda: self._error or self.updates >= updates - lag)
        self._refuse_after_error()

    def checkpoint(self) -> tuple[bytes, bytes]:
        """The learner's state and parameters, between two updates."""
        return self._ask(lambda: (self._learner.state(), self._learner.parameters()))

    def close(self) -> None:
        """End the thread after the update at hand; later calls raise."""
        self._running = False
        self._calls.put(lambda: None)
        self._thread.join()

    def _ask(self, call: Callable[[], T]) -> T:
        """Run ``call`` in the thread, between two updates, and give its result."""
        self._refuse_after_error()
        future: Future[T] = Future()
        self._calls.put(lambda: _fulfil(future, call))
        while True:
            try:
                return future.result(timeout=1.0)
            except FutureTimeout:  # TimeoutError itself only since Python 3.11
                self._refuse_after_error()

    def _refuse_after_error(self) -> None:
        if self._error is not None:
            raise RuntimeError(f"the learner stopped: {self._error}") from self._error
        if not self._thread.is_alive():
            raise RuntimeError("the learner is closed, valid: calls before close()")

    def _raise_target(self, updates: int) -> None:
        self._target = max(self._target, updates)

    def _run(self) -> None:
        try:
            while self._running:
                self._serve()
                self._update()
        except Exception as error:  # noqa: BLE001 - raised again by whoever calls next
            self._error = error
        finally:
            with self._advanced:
                self._advanced.notify_all()

    def _serve(self) -> None:
        """Do what was asked; with nothing to train, wait until something is."""
        idle = self._learner.updates >= self._target
        while idle or not self._calls.empty():
            self._calls.get()()
            idle = False

    def _update(self) -> None:
        due = min(self._target - self._learner.updates, self._until_publish())
        if due <= 0 or not self._running:
            return
        self.metrics = self._learner.update(min(due, 10))
        at_target = self._learner.updates >= self._target
        if at_target or self._learner.updates % self._publish_every == 0:
            self._publish(self._learner.updates, self._learner.parameters())
        with self._advanced:
            self._advanced.notify_all()

    def _until_publish(self) -> int:
        return self._publish_every - self._learner.updates % self._publish_every


def _fulfil(future: Future[T], call: Callable[[], T]) -> None:
    try:
        future.set_result(call())
    except Exception as error:  # noqa: BLE001 - raised again by whoever waits
        future.set_exception(error)
