"""Resets the scene and runs one episode through the graph, from a worker thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle
from rclpy.node import Node

from fmac_ros.action import Rollout
from fmac_ros.ros import names
from fmac_ros.ros.calls import Caller, Unanswered
from fmac_ros.ros.reset_client import ResetClient
from fmac_ros.srv import Reset
from fmac_ros.types import RolloutSpec


class EpisodeLost(RuntimeError):
    """An episode did not come to its end and is dropped; another try may work."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for what [s].

    Attributes:
        server: for a node that is not there (started, or started again).
        reset: for the scene to be reset, or for the next word of what that waits for.
        accept: for a goal to be accepted.
        start: from an accepted goal to the first step.
        step: from a step to the next one; policy_node gives up earlier by itself.
        total: for one episode, with all tries; resets that were answered do not count.
    """

    server: float = 30.0
    reset: float = 8.0
    accept: float = 5.0
    start: float = 40.0
    step: float = 8.0
    total: float = 180.0


class EpisodeClient:
    """Client of ``reset`` and ``rollout``."""

    def __init__(self, node: Node, caller: Caller, patience: Patience) -> None:
        self._caller = caller
        self._patience = patience
        self._resets = ResetClient(node, caller)
        self._rollout: ActionClient = ActionClient(node, Rollout, names.ROLLOUT)
        self._heard = 0.0

    def reset(self, spec: RolloutSpec) -> None:
        """Set the scene up.

        Raises:
            EpisodeLost: the robot side does not answer.
            Refused: it cannot set this scene up.
        """
        request = Reset.Request(seed=spec.seed, split=spec.split, task=spec.task)
        try:
            self._resets.call(request, self._patience.server, self._patience.reset)
        except Unanswered as error:
            raise EpisodeLost(str(error)) from error

    @property
    def reset_took(self) -> float:
        """How long the last reset took [s], 0 if it was not answered."""
        return self._resets.took

    def run(
        self,
        spec: RolloutSpec,
        name: str,
        min_policy_version: int = 0,
        until: Callable[[], bool] = lambda: False,
    ) -> Rollout.Result:
        """Run the episode and wait for its end.

        Args:
            name: episode_id of its transitions.
            until: the episode is cancelled, well, as soon as this is true.

        Raises:
            EpisodeLost: it was aborted or policy_node went away.
        """
        goal = Rollout.Goal(
            episode_id=name,
            task=spec.task,
            behaviour=spec.behaviour,
            horizon=spec.horizon,
            seed=spec.seed,
            deterministic=spec.deterministic,
            stop_on_success=spec.stop_on_success,
            gripper_hold=spec.gripper_hold,
            min_policy_version=min_policy_version,
        )
        try:
            handle = self._accepted(goal)
            return self._finished(handle, until)
        except Unanswered as error:
            raise EpisodeLost(str(error)) from error

    def _accepted(self, goal: Rollout.Goal) -> ClientGoalHandle:
        self._caller.await_ready(
            self._rollout.server_is_ready, "policy_node", self._patience.server
        )
        sent = self._rollout.send_goal_async(goal, feedback_callback=self._on_feedback)
        handle: ClientGoalHandle = self._caller.wait(sent, self._patience.accept, "policy_node")
        if not handle.accepted:
            raise EpisodeLost("policy_node did not accept the episode")
        self._caller.tell("")
        return handle

    def _on_feedback(self, message: Rollout.Impl.FeedbackMessage) -> None:
        self._heard = time.monotonic()

    def _finished(self, handle: ClientGoalHandle, until: Callable[[], bool]) -> Rollout.Result:
        started, self._heard = time.monotonic(), 0.0
        cancelled = False

        def meanwhile() -> None:
            nonlocal cancelled
            if until() and not cancelled:
                handle.cancel_goal_async()
                cancelled = True
            self._refuse_silence(started)

        result: Rollout.Result = self._caller.watch(handle.get_result_async(), meanwhile).result
        if not result.ok and not cancelled:
            raise EpisodeLost(result.error or "policy_node does not know the episode any more")
        return result

    def _refuse_silence(self, started: float) -> None:
        limit = self._patience.step if self._heard else self._patience.start
        silence = time.monotonic() - max(self._heard, started)
        if silence > limit:
            raise EpisodeLost(f"policy_node is silent for {silence:.0f} s")
