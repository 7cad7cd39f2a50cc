"""Listens to the simulator's ground truth. For evaluation only: training never sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rclpy.node import Node

from fmac_ros.msg import GroundTruth, Transition
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import stamp_to_nanoseconds
from fmac_ros.types import RolloutSpec

_KEPT = 400  # states, more than any episode has between truth and transition


class TruthWatch:
    """Whether the layout of one rollout was solved in some state since ``watch``."""

    def __init__(self, node: Node) -> None:
        self._layout = (0, "")
        self._solved = False
        node.create_subscription(GroundTruth, names.GROUND_TRUTH, self._on_truth, qos.TRANSITIONS)

    def watch(self, spec: RolloutSpec) -> None:
        """Look at this rollout's layout from now on."""
        self._layout, self._solved = (spec.seed, spec.split), False

    def solved(self) -> bool:
        """Whether it was solved in any state."""
        return self._solved

    def _on_truth(self, message: GroundTruth) -> None:
        if message.success and (message.seed, message.split) == self._layout:
            self._solved = True


@dataclass
class _Running:
    """The episode whose transitions come in."""

    name: str
    begin: int  # stamp of its first state [ns]


class TruthLog:
    """Writes one line per finished training episode: claimed beside true success.

    An episode is named as the run names it; one that was run twice, because the trainer went
    away before it was stored, has two lines.
    """

    def __init__(self, node: Node, path: Path) -> None:
        self._path = path
        self._truths: dict[int, bool] = {}  # by stamp [ns]
        self._running: _Running | None = None
        node.create_subscription(GroundTruth, names.GROUND_TRUTH, self._on_truth, qos.TRANSITIONS)
        node.create_subscription(
            Transition, names.TRANSITIONS, self._on_transition, qos.TRANSITIONS
        )

    def _on_truth(self, message: GroundTruth) -> None:
        self._truths[stamp_to_nanoseconds(message.header.stamp)] = message.success
        for stamp in list(self._truths)[:-_KEPT]:
            del self._truths[stamp]

    def _on_transition(self, message: Transition) -> None:
        if self._running is None or self._running.name != message.episode_id:
            begin = stamp_to_nanoseconds(message.header.stamp)
            self._running = _Running(message.episode_id, begin)
        if message.terminated or message.truncated:
            self._write(message, self._running)
            self._running = None

    def _write(self, last: Transition, running: _Running) -> None:
        end = stamp_to_nanoseconds(last.next_observation.header.stamp)
        success = any(
            solved for stamp, solved in self._truths.items() if running.begin <= stamp <= end
        )
        entry = {
            "episode_id": last.episode_id.partition(".")[0],
            "behaviour": last.behaviour,
            "steps": last.step + 1,
            "claimed": last.terminated,
            "success": success,
            "policy_version": last.policy_version,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
