"""Runs a policy on held-out layouts and counts what its judge calls solved."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from rclpy.node import Node

from fmac_ros.learning.files import write_atomically
from fmac_ros.ros.calls import Caller
from fmac_ros.ros.episode_client import EpisodeClient, EpisodeLost, Patience
from fmac_ros.ros.judges import Judge
from fmac_ros.types import RolloutSpec

_RETRY_PERIOD = 1.0  # [s]


@dataclass(frozen=True)
class Plan:
    """What is evaluated on what."""

    task: str
    behaviour: str
    horizon: int
    episodes: int
    policy_version: int
    result_file: Path


@dataclass(frozen=True)
class LayoutResult:
    """How one layout went; ``steps`` until success or the time limit.

    Attributes:
        source: who says whether it was a success.
        claimed: whether the success prior ended it; None where it was not asked.
    """

    seed: int
    success: bool
    steps: int
    holds: int
    source: str
    claimed: bool | None


class Evaluation:
    """One evaluation, run from a worker thread.

    Acts deterministically. With the ground truth for a judge the success prior is not asked: a
    layout counts as solved where the truth is so in some state of its episode, which then ends.

    Attributes:
        progress: how far it is, in words.
    """

    def __init__(self, node: Node, caller: Caller, plan: Plan, judge: Judge) -> None:
        self._node = node
        self._plan = plan
        self._judge = judge
        self.progress = "evaluating"
        self._caller = caller
        self._patience = Patience()
        self._client = EpisodeClient(node, self._caller, self._patience)

    def run(self) -> tuple[int, int]:
        """Evaluate all layouts and write the result; successes and episodes.

        Raises:
            Stopped: the node ends; nothing is written.
            EpisodeLost, Refused: a layout cannot be evaluated.
        """
        results = []
        for seed in range(self._plan.episodes):
            results.append(self._layout(seed))
            solved = sum(result.success for result in results)
            self.progress = f"{len(results)} of {self._plan.episodes} layouts, {solved} solved"
            self._caller.tell("")
        self._write(results)
        return solved, len(results)

    def _layout(self, seed: int) -> LayoutResult:
        plan = self._plan
        spec = RolloutSpec(
            episode_id=f"eval-{seed:04d}",
            task=plan.task,
            behaviour=plan.behaviour,
            horizon=plan.horizon,
            seed=seed,
            deterministic=True,
            stop_on_success=self._judge.stop_on_success,
            split="eval",
        )
        end = time.monotonic() + self._patience.total
        while True:
            try:
                return self._try(spec)
            except EpisodeLost as error:
                end += self._client.reset_took
                self._node.get_logger().warning(f"layout {seed} is tried again: {error}")
                if time.monotonic() > end:
                    raise
            self._caller.pause(_RETRY_PERIOD)

    def _try(self, spec: RolloutSpec) -> LayoutResult:
        self._client.reset(spec)
        self._judge.watch(spec)
        result = self._client.run(
            spec, spec.episode_id, self._plan.policy_version, until=self._judge.solved
        )
        said = self._judge.verdict(spec, result)
        return LayoutResult(
            spec.seed, said.success, result.steps, result.holds, said.source, said.claimed
        )

    def _write(self, results: list[LayoutResult]) -> None:
        plan = asdict(self._plan)
        plan["result_file"] = str(self._plan.result_file)
        content = {
            **plan,
            "split": "eval",
            "successes": sum(result.success for result in results),
            "sources": dict(Counter(result.source for result in results)),
            "layouts": [asdict(result) for result in results],
        }
        self._plan.result_file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._plan.result_file, (json.dumps(content, indent=2) + "\n").encode())
