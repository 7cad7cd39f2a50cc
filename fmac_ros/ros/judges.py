"""Who says whether an evaluated episode solved its task: the simulator, or a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from rclpy.node import Node

from fmac_ros.action import Rollout
from fmac_ros.msg import Transition
from fmac_ros.picture import tile
from fmac_ros.ros import names, qos
from fmac_ros.ros.calls import Caller
from fmac_ros.ros.human_audit import HumanQuestions
from fmac_ros.ros.images import ConversionError, image_to_array
from fmac_ros.ros.truth import TruthWatch
from fmac_ros.types import RolloutSpec

TRUTH, PERSON, PRIOR = "truth", "person", "prior"  # where a verdict comes from
JUDGES = (TRUTH, PERSON)


@dataclass(frozen=True)
class Verdict:
    """Whether an episode solved its task.

    Attributes:
        source: who says so: TRUTH, PERSON, or PRIOR where no person answered.
        claimed: whether the success prior ended the episode; None where it was not asked.
    """

    success: bool
    source: str
    claimed: bool | None = None


class Judge(Protocol):
    """Follows one episode after the other.

    Attributes:
        stop_on_success: the success prior ends the episodes.
    """

    stop_on_success: bool

    def watch(self, spec: RolloutSpec) -> None:
        """An episode begins."""
        ...

    def solved(self) -> bool:
        """Whether it can end here, because it is known to be solved."""
        ...

    def verdict(self, spec: RolloutSpec, result: Rollout.Result) -> Verdict:
        """How it went, after its end. Raises Stopped."""
        ...


class TruthJudge:
    """The simulator's ground truth: solved where it is so in some state of the episode."""

    stop_on_success = False

    def __init__(self, node: Node) -> None:
        self._truth = TruthWatch(node)
        self.watch, self.solved = self._truth.watch, self._truth.solved

    def verdict(self, spec: RolloutSpec, result: Rollout.Result) -> Verdict:
        """What the ground truth said."""
        return Verdict(self.solved(), TRUTH)


class PersonJudge:
    """The success prior ends an episode, and a person says whether it is right.

    Where nobody answers in time the prior's word is taken, and said to be the prior's.
    """

    stop_on_success = True

    def __init__(self, node: Node, caller: Caller, timeout: float) -> None:
        self._questions = HumanQuestions(node, caller, timeout)
        self._log = node.get_logger()
        self._last: Transition | None = None
        self._episode = ""
        node.create_subscription(
            Transition, names.TRANSITIONS, self._on_transition, qos.TRANSITIONS
        )

    def watch(self, spec: RolloutSpec) -> None:
        """Forget the pictures of the episode before."""
        self._episode, self._last = spec.episode_id, None

    def solved(self) -> bool:
        """Nobody knows before the end."""
        return False

    def verdict(self, spec: RolloutSpec, result: Rollout.Result) -> Verdict:
        """The person's word, or the prior's."""
        claimed = bool(result.terminated)
        answer = self._questions.ask_about(spec.episode_id, spec.task, self._picture())
        if answer is None:
            self._log.warning(
                f"nobody answered about {spec.episode_id}: the success prior's word stands"
            )
            return Verdict(claimed, PRIOR, claimed)
        return Verdict(answer, PERSON, claimed)

    def _on_transition(self, message: Transition) -> None:
        if message.episode_id == self._episode:
            self._last = message

    def _picture(self) -> np.ndarray:
        """(h, w, 3) uint8: the last state, black where it did not come or cannot be shown."""
        try:
            if self._last is not None:
                return tile([image_to_array(i) for i in self._last.next_observation.images])
        except (ConversionError, ValueError) as error:
            self._log.warning(f"the last picture cannot be shown: {error}")
        return np.zeros((64, 64, 3), np.uint8)
