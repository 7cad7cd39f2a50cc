"""policy_node: episodes as an action, in every behaviour, and what ends them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from standing_cell import StandingCell
from tiny_priors import save_tiny_priors

from fmac_ros.action import Rollout
from fmac_ros.control.gripper import wanted_opening
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.msg import PolicyParameters, Transition
from fmac_ros.nodes.policy_node import PolicyNode
from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import stamp_to_seconds
from fmac_ros.ros.robot_client import episode_of
from fmac_ros.types import RolloutSpec

TASK = "press the red button"


@pytest.fixture(scope="module")
def priors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny priors whose success prior says yes to everything."""
    return save_tiny_priors(tmp_path_factory.mktemp("priors"), threshold=0.0)


class Bench:
    """A policy_node before a cell, and a client of its action."""

    def __init__(self, ros: Any, priors: Path, **parameters: object) -> None:
        self.ros = ros
        self.cell = ros.add(StandingCell)
        self.policy = ros.add(PolicyNode, priors=str(priors), use_sim_time=True, **parameters)
        tester = ros.node()
        self.transitions: list[Transition] = []
        tester.create_subscription(
            Transition, names.TRANSITIONS, self.transitions.append, qos.TRANSITIONS
        )
        self._parameters = tester.create_publisher(
            PolicyParameters, names.POLICY_PARAMETERS, qos.LATCHED
        )
        self.client: Any = ActionClient(tester, Rollout, names.ROLLOUT)
        assert ros.spin_until(self.client.server_is_ready)
        ros.spin_for(0.3)  # the server may not have found the client's side yet

    def publish_policy(self, data: bytes | None = None) -> None:
        """Publish an untrained policy, or any bytes."""
        if data is None:
            data = Learner(LearnerConfig(), (8, 8, 16), 6, 3, seed=0).parameters()
        self._parameters.publish(PolicyParameters(version=0, data=list(data)))

    def send(self, **fields: Any) -> Any:
        """Start a rollout; its goal handle."""
        settings = {"episode_id": "000001", "task": TASK, "behaviour": "random", "horizon": 5}
        sent = self.client.send_goal_async(Rollout.Goal(**{**settings, **fields}))
        assert self.ros.spin_until(sent.done)
        return sent.result()

    def result(self, handle: Any, timeout: float = 10.0) -> Any:
        """The result of a rollout and its status."""
        answer = handle.get_result_async()
        assert self.ros.spin_until(answer.done, timeout), "the rollout does not end"
        return answer.result().result, answer.result().status


def test_random_episode_ends_at_the_time_limit(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors)
    result, status = bench.result(bench.send())
    assert result.ok, result.error
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert (result.steps, result.truncated, result.terminated) == (5, True, False)
    assert bench.cell.commands == 5
    assert ros.spin_until(lambda: len(bench.transitions) == 5)
    episode = episode_of(RolloutSpec("000001", TASK, "random", 5, 0), bench.transitions)
    assert episode.pictures.shape == (6, 64, 128, 3)
    assert np.abs(episode.actions).max() <= 1.0
    moved = np.diff(episode.proprio[:, :3], axis=0)
    assert (moved * episode.actions).sum() > 0, "the arm goes where the actions point"


def test_the_gripper_is_commanded_in_its_own_action_space(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors, action_space="ee_delta_gripper")
    bench.cell.awaits_fingers = True
    result, _ = bench.result(bench.send(horizon=12))
    assert result.ok, result.error
    assert ros.spin_until(lambda: len(bench.transitions) == 12)
    episode = episode_of(RolloutSpec("000001", TASK, "random", 12, 0), bench.transitions)
    assert episode.actions.shape == (12, 4) and episode.proprio.shape == (13, 7)
    stamps = [message.observation.header.stamp for message in bench.transitions]
    assert {stamp_to_seconds(stamp) for stamp in stamps} <= set(bench.cell.grips)
    opening = episode.proprio[0, 6]
    for action, after in zip(episode.actions[:, 3], episode.proprio[1:, 6], strict=True):
        opening = wanted_opening(action, opening)
        assert after == pytest.approx(opening, abs=1e-6)
    assert len(set(episode.proprio[:, 6])) == 2, "random play opens and closes"


def test_other_action_spaces_leave_the_gripper_alone(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors)
    result, _ = bench.result(bench.send())
    assert result.ok, result.error
    assert bench.cell.grips == []
    assert len(bench.transitions[0].proprio) == 6


def test_policy_episode_waits_for_parameters(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors)
    handle = bench.send(behaviour="policy", deterministic=True)
    ros.spin_for(0.5)
    assert bench.cell.commands == 0
    bench.publish_policy(b"not a policy")
    bench.publish_policy()
    result, _ = bench.result(handle)
    assert result.ok, result.error
    assert result.steps == 5


def test_missing_parameters_are_named(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors, policy_timeout=0.3)
    result, status = bench.result(bench.send(behaviour="policy"))
    assert status == GoalStatus.STATUS_ABORTED
    assert "policy parameters" in result.error


def test_success_prior_ends_the_episode(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors)
    ros.add(PriorServer, priors=str(priors))
    ros.spin_for(2.0)
    result, _ = bench.result(bench.send(horizon=400, stop_on_success=True), 60.0)
    assert result.ok, result.error
    assert result.terminated and not result.truncated
    assert 2 <= result.steps < 400


def test_prior_behaviour_follows_imagined_frames(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors)
    ros.add(PriorServer, priors=str(priors))
    bench.publish_policy()
    ros.spin_for(2.0)
    result, _ = bench.result(bench.send(behaviour="prior", horizon=3), 30.0)
    assert result.ok, result.error
    assert result.steps == 3


def test_silence_aborts_with_a_reason(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors, observation_timeout=0.5)
    bench.cell.silent = True
    result, status = bench.result(bench.send())
    assert status == GoalStatus.STATUS_ABORTED
    assert "no new observation" in result.error


def test_cancel_ends_the_episode(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors)
    handle = bench.send(horizon=100_000)
    handle.cancel_goal_async()
    result, status = bench.result(handle)
    assert status == GoalStatus.STATUS_CANCELED
    assert not result.ok


def test_a_newer_goal_replaces_the_running_one(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors)
    first = bench.send(horizon=100_000)
    second = bench.send(episode_id="000002")
    result, status = bench.result(first)
    assert status == GoalStatus.STATUS_ABORTED
    assert "newer" in result.error
    assert bench.result(second)[0].ok


def test_invalid_goals_are_explained(ros: Any, priors: Path) -> None:
    bench = Bench(ros, priors)
    result, status = bench.result(bench.send(behaviour="dance"))
    assert status == GoalStatus.STATUS_ABORTED
    assert "random" in result.error
