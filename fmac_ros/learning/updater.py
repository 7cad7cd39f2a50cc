"""Who runs the learner's updates: ``SynchronousUpdater`` does so between the rollouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.record import Record
from fmac_ros.trust.weights import PriorWeights

Publish = Callable[[int, bytes], None]  # version, bytes for Actor.from_bytes


class Updater(Protocol):
    """Owns a learner while a run lasts; ``background.BackgroundLearner`` is the other one."""

    @property
    def updates(self) -> int:
        """Updates so far."""

    @property
    def metrics(self) -> Mapping[str, float]:
        """The learner's latest, empty before the first update."""

    def add(self, record: Record) -> None:
        """Store one episode."""

    def set_weights(self, weights: PriorWeights) -> None:
        """Weigh the priors like this in the updates after this call."""

    def train_to(self, updates: int, lag: int = 0) -> None:
        """See that ``updates`` get done, all but ``lag`` of them before this returns."""

    def checkpoint(self) -> tuple[bytes, bytes]:
        """The learner's state and parameters, between two updates."""

    def close(self) -> None:
        """Stop updating; the learner may be used directly again."""


class SynchronousUpdater:
    """Updates inside ``train_to`` and publishes after it: exactly repeatable."""

    def __init__(self, learner: BaseLearner, publish: Publish) -> None:
        self._learner = learner
        self._publish = publish
        self.metrics: Mapping[str, float] = {}
        publish(learner.updates, learner.parameters())

    @property
    def updates(self) -> int:
        return self._learner.updates

    def add(self, record: Record) -> None:
        self._learner.add(record)

    def set_weights(self, weights: PriorWeights) -> None:
        self._learner.weights = weights

    def train_to(self, updates: int, lag: int = 0) -> None:
        due = updates - self._learner.updates
        if due > 0:
            self.metrics = self._learner.update(due)
            self._publish(self._learner.updates, self._learner.parameters())

    def checkpoint(self) -> tuple[bytes, bytes]:
        return self._learner.state(), self._learner.parameters()

    def close(self) -> None:
        """Nothing runs between calls."""
