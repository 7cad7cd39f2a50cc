"""evaluator_node: held-out layouts, and true beside claimed success of a training run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image
from standing_cell import StandingCell
from std_msgs.msg import String
from tiny_priors import save_tiny_priors

from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.store import RunStore
from fmac_ros.msg import GroundTruth, Transition
from fmac_ros.nodes.evaluator_node import EvaluatorNode
from fmac_ros.nodes.policy_node import PolicyNode
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import seconds_to_stamp
from fmac_ros.ros.parameters import ParameterError

TASK = "press the red button"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A run directory with an untrained policy."""
    settings = {"task": TASK, "robot": "panda", "algorithm": "fmac"}
    store = RunStore.create(tmp_path / "run", settings)
    learner = Learner(LearnerConfig(), (8, 8, 16), 6, 3, seed=0)
    store.save_learner(learner.state(), learner.parameters())
    store.close()
    return tmp_path / "run"


def test_counts_what_the_ground_truth_says(ros: Any, checkpoint: Path, tmp_path: Path) -> None:
    priors = save_tiny_priors(tmp_path / "priors")
    cell = ros.add(StandingCell)
    ros.add(PolicyNode, priors=str(priors), use_sim_time=True)
    truth = cell.create_publisher(GroundTruth, names.GROUND_TRUTH, qos.RELIABLE)
    # Layout 1 is solved all the time, the others never.
    solved = GroundTruth(task=TASK, seed=1, split="eval", success=True)
    cell.create_timer(0.05, lambda: truth.publish(solved))
    result_file = tmp_path / "result.json"
    ros.add(
        EvaluatorNode,
        mode="evaluate",
        checkpoint=str(checkpoint),
        result_file=str(result_file),
        episodes=3,
        horizon=30,
    )
    said: list[str] = []
    ros.node().create_subscription(
        DiagnosticArray,
        "/diagnostics",
        lambda m: said.extend(s.message for s in m.status if "evaluator" in s.name),
        10,
    )
    with pytest.raises(SystemExit) as end:
        ros.spin_for(60.0)
    assert end.value.code == 0
    assert any("2 of 3 layouts, 1 solved" in message for message in said)
    result = json.loads(result_file.read_text())
    assert (result["successes"], result["episodes"], result["task"]) == (1, 3, TASK)
    assert [layout["success"] for layout in result["layouts"]] == [False, True, False]
    assert result["layouts"][0]["steps"] == 30
    assert result["sources"] == {"truth": 3} and result["layouts"][0]["claimed"] is None


def test_a_person_judges_where_there_is_no_truth(
    ros: Any, checkpoint: Path, tmp_path: Path
) -> None:
    priors = save_tiny_priors(tmp_path / "priors")
    ros.add(StandingCell)
    ros.add(PolicyNode, priors=str(priors), use_sim_time=True)
    person = ros.node("person")
    answers = person.create_publisher(String, names.AUDIT_ANSWER, qos.RELIABLE)
    pictures: list[Image] = []
    person.create_subscription(Image, names.AUDIT_PICTURE, pictures.append, qos.LATCHED)

    def answer(question: String) -> None:
        layout = question.data.partition(" ")[0]
        words = {"eval-0000": "yes", "eval-0001": "no"}  # about the third nobody says anything
        if layout in words:
            answers.publish(String(data=f"{layout} {words[layout]}"))

    person.create_subscription(String, names.AUDIT_QUESTION, answer, qos.LATCHED)
    result_file = tmp_path / "result.json"
    ros.add(
        EvaluatorNode,
        judge="person",
        answer_timeout=1.0,
        checkpoint=str(checkpoint),
        result_file=str(result_file),
        episodes=3,
        horizon=5,
    )
    with pytest.raises(SystemExit) as end:
        ros.spin_for(60.0)
    assert end.value.code == 0
    result = json.loads(result_file.read_text())
    found = [(layout["success"], layout["source"]) for layout in result["layouts"]]
    assert found == [(True, "person"), (False, "person"), (False, "prior")]
    assert result["sources"] == {"person": 2, "prior": 1} and result["successes"] == 1
    assert [layout["claimed"] for layout in result["layouts"]] == [False] * 3
    assert len(pictures) == 3 and any(pictures[0].data), "the last state is shown"


def test_missing_checkpoint_is_explained(ros: Any, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="holds no run"):
        ros.add(EvaluatorNode, checkpoint=str(tmp_path), result_file=str(tmp_path / "r.json"))
    with pytest.raises(ParameterError, match="needs checkpoint and result_file"):
        ros.add(EvaluatorNode)


def test_observes_true_beside_claimed_success(ros: Any, tmp_path: Path) -> None:
    ros.add(EvaluatorNode, mode="observe", run_dir=str(tmp_path))
    sim = ros.node()
    truth = sim.create_publisher(GroundTruth, names.GROUND_TRUTH, qos.RELIABLE)
    steps = sim.create_publisher(Transition, names.TRANSITIONS, qos.TRANSITIONS)
    assert ros.spin_until(lambda: truth.get_subscription_count() and steps.get_subscription_count())
    ros.spin_for(0.3)

    def episode(name: str, begin: float, solved: float | None, claimed: bool) -> None:
        for index in range(3):
            stamp = begin + index
            message = GroundTruth(success=stamp == solved)
            message.header.stamp = seconds_to_stamp(stamp)
            truth.publish(message)
        ros.spin_for(0.1)
        for index in range(2):
            step = Transition(episode_id=name, step=index)
            step.header.stamp = seconds_to_stamp(begin + index)
            step.next_observation.header.stamp = seconds_to_stamp(begin + index + 1)
            step.terminated, step.truncated = index == 1 and claimed, index == 1 and not claimed
            steps.publish(step)

    episode("000001.1", begin=1.0, solved=3.0, claimed=False)
    episode("000002.3", begin=10.0, solved=None, claimed=True)
    log = tmp_path / "truth.jsonl"
    assert ros.spin_until(lambda: log.exists() and len(log.read_text().splitlines()) == 2)
    first, second = (json.loads(line) for line in log.read_text().splitlines())
    assert (first["episode_id"], first["claimed"], first["success"]) == ("000001", False, True)
    assert (second["episode_id"], second["claimed"], second["success"]) == ("000002", True, False)
    assert second["steps"] == 2
