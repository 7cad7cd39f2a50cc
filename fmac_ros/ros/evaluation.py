"""Runs a policy on held-out layouts and counts what its judge calls solved."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from rclpy.node import Node

from fmac_ros.learning.files import write_atomically
from fmac_ros.phrasing import Question, questions
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
        task: sentence that was asked for.
        unseen: in a wording that a policy of several tasks was never trained on.
        source: who says whether it was a success.
        claimed: whether the success prior ended it; None where it was not asked.
    """

    seed: int
    task: str
    unseen: bool
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
        """Evaluate all layouts and write the result; successes and episodes, seen wordings alone.

        Raises:
            Stopped: the node ends; nothing is written.
            EpisodeLost, Refused: a layout cannot be evaluated.
        """
        results: list[LayoutResult] = []
        asked = questions(self._plan.task, self._plan.episodes)
        for question in asked:
            results.append(self._layout(question))
            solved = sum(result.success for result in results)
            self.progress = f"{len(results)} of {len(asked)} layouts, {solved} solved"
            self._caller.tell("")
        self._write(results)
        return _counted(results, unseen=False)

    def _layout(self, question: Question) -> LayoutResult:
        plan = self._plan
        spec = RolloutSpec(
            episode_id=question.name,
            task=question.text,
            behaviour=plan.behaviour,
            horizon=plan.horizon,
            seed=question.layout,
            deterministic=True,
            stop_on_success=self._judge.stop_on_success,
            split="eval",
        )
        end = time.monotonic() + self._patience.total
        while True:
            try:
                return self._try(spec, question.unseen)
            except EpisodeLost as error:
                end += self._client.reset_took
                self._node.get_logger().warning(f"{question.name} is tried again: {error}")
                if time.monotonic() > end:
                    raise
            self._caller.pause(_RETRY_PERIOD)

    def _try(self, spec: RolloutSpec, unseen: bool) -> LayoutResult:
        self._client.reset(spec)
        self._judge.watch(spec)
        result = self._client.run(
            spec, spec.episode_id, self._plan.policy_version, until=self._judge.solved
        )
        said = self._judge.verdict(spec, result)
        return LayoutResult(
            seed=spec.seed,
            task=spec.task,
            unseen=unseen,
            success=said.success,
            steps=result.steps,
            holds=result.holds,
            source=said.source,
            claimed=said.claimed,
        )

    def _write(self, results: list[LayoutResult]) -> None:
        plan = asdict(self._plan)
        plan["result_file"] = str(self._plan.result_file)
        successes, episodes = _counted(results, unseen=False)
        content = {
            **plan,
            "split": "eval",
            "successes": successes,
            "episodes": episodes,
            **_of_unseen(results),
            "sources": dict(Counter(result.source for result in results)),
            "layouts": [asdict(result) for result in results],
        }
        self._plan.result_file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._plan.result_file, (json.dumps(content, indent=2) + "\n").encode())


def _counted(results: list[LayoutResult], unseen: bool) -> tuple[int, int]:
    """Solved, and all, in wordings that were never trained on or in the others."""
    solved = [result.success for result in results if result.unseen == unseen]
    return sum(solved), len(solved)


def _of_unseen(results: list[LayoutResult]) -> dict[str, int]:
    """Where there were such wordings, how they went."""
    solved, episodes = _counted(results, unseen=True)
    return {"unseen_successes": solved, "unseen_episodes": episodes} if episodes else {}
