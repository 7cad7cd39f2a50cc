"""Publishes the parameters of whichever run of a pair has its turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from rclpy.node import Node

from fmac_ros.learning.progress import Subscriber
from fmac_ros.ros.run_parts import RunParts
from fmac_ros.ros.trainer_hooks import PolicyPublisherHook


class Turns:
    """One stream of parameters and one status for two runs.

    The version that is published counts through both runs and starts at the clock, so that an
    episode that waits for a version never acts with the other run's parameters, nor with those
    of an earlier trainer.

    Attributes:
        version: version published last.
    """

    def __init__(self, node: Node, sides: Sequence[RunParts]) -> None:
        self.version = int(time.time())
        self._sides = sides
        self._publishers = [PolicyPublisherHook(node, side.identity) for side in sides]
        self._newest: list[bytes | None] = [None for _ in sides]
        self._active = 0
        self._lock = threading.Lock()
        self._tell()

    def hook(self, index: int) -> Subscriber:
        """What hands a run's parameters over."""
        return _Side(self, index)

    def take(self, index: int) -> None:
        """It is this run's turn: publish what it acts with."""
        with self._lock:
            if index == self._active:
                return
            self._active = index
            self._tell()
            self._sides[index].status.publish()  # a turn may be shorter than the status's period
            self._publish()

    def keep(self, index: int, data: bytes) -> None:
        """Take a run's newest parameters; publish them if it is its turn."""
        with self._lock:
            self._newest[index] = data
            if index == self._active:
                self._publish()

    def _publish(self) -> None:
        data = self._newest[self._active]
        if data is not None:
            self.version += 1
            self._publishers[self._active].on_parameters(self.version, data)

    def _tell(self) -> None:
        for index, side in enumerate(self._sides):
            side.status.silent = index != self._active


class _Side(Subscriber):
    def __init__(self, turns: Turns, index: int) -> None:
        self._turns, self._index = turns, index

    def on_parameters(self, version: int, data: bytes) -> None:
        """Hand them over."""
        self._turns.keep(self._index, data)
