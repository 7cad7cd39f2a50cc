"""What comes over topics and services never names a file: nothing is written outside the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rclpy.action import ActionClient
from sensor_msgs.msg import Image
from standing_cell import StandingCell
from std_msgs.msg import String
from tiny_priors import save_tiny_priors

from fmac_ros.action import Rollout
from fmac_ros.msg import GroundTruth, PolicyParameters, Transition
from fmac_ros.nodes.evaluator_node import EvaluatorNode
from fmac_ros.nodes.policy_node import PolicyNode
from fmac_ros.nodes.pybullet_sim import PybulletSim
from fmac_ros.ros import names, qos
from fmac_ros.ros.audit_desk import AuditDesk
from fmac_ros.ros.images import array_to_image
from fmac_ros.srv import Reset

EVIL = ("../../evil", "/tmp/../evil", "..%2fevil", "evil\0", "~/evil", "$(touch evil)", "x" * 5000)


@pytest.fixture
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run deep enough that every ``..`` stays in the test's own folder, which is watched."""
    folder = tmp_path / "a" / "b" / "run"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    return folder


def files(run_dir: Path) -> set[str]:
    watched = run_dir.parents[2]
    return {str(f.relative_to(watched)) for f in watched.rglob("*") if f.is_file()}


@pytest.mark.parametrize("evil", EVIL)
def test_a_foreign_episode_is_a_line_in_the_log(ros: Any, run_dir: Path, evil: str) -> None:
    ros.add(EvaluatorNode, mode="observe", run_dir=str(run_dir))
    other = ros.node("other")
    steps = other.create_publisher(Transition, names.TRANSITIONS, qos.TRANSITIONS)
    truth = other.create_publisher(GroundTruth, names.GROUND_TRUTH, qos.RELIABLE)
    assert ros.spin_until(lambda: steps.get_subscription_count() and truth.get_subscription_count())
    evil = evil.replace("\0", "")  # a message cannot carry it
    truth.publish(GroundTruth(task=evil, split=evil))
    steps.publish(Transition(episode_id=evil, task=evil, behaviour=evil, truncated=True))
    log = run_dir / "truth.jsonl"
    assert ros.spin_until(log.exists)
    assert files(run_dir) == {"a/b/run/truth.jsonl"}
    assert len(log.read_text().splitlines()) == 1


def test_a_question_shows_its_picture_in_the_run_alone(ros: Any, run_dir: Path) -> None:
    said: list[str] = []
    desk = AuditDesk(ros.node("desk"), run_dir / "audit.png", said.append, lambda: None)
    other = ros.node("other")
    picture = other.create_publisher(Image, names.AUDIT_PICTURE, qos.LATCHED)
    question = other.create_publisher(String, names.AUDIT_QUESTION, qos.LATCHED)
    picture.publish(array_to_image(np.zeros((8, 8, 3), np.uint8)))
    question.publish(String(data=f"{EVIL[0]} is '{EVIL[1]}' solved?"))

    def shown() -> bool:
        desk.serve()
        return bool(said)

    assert ros.spin_until(shown)
    assert files(run_dir) == {"a/b/run/audit.png"}


def test_a_goal_and_parameters_write_nothing(ros: Any, run_dir: Path, tmp_path: Path) -> None:
    priors = save_tiny_priors(tmp_path.parent / f"{tmp_path.name}-priors")
    ros.add(PolicyNode, priors=str(priors), use_sim_time=True)
    ros.add(StandingCell)
    other = ros.node("other")
    parameters = other.create_publisher(PolicyParameters, names.POLICY_PARAMETERS, qos.LATCHED)
    parameters.publish(PolicyParameters(run_id=EVIL[0], data=b"\x80\x04cos\nsystem\n"))
    client = ActionClient(other, Rollout, names.ROLLOUT)
    assert ros.spin_until(client.server_is_ready)
    goal = Rollout.Goal(episode_id=EVIL[0], task=EVIL[1], behaviour="random", horizon=3)
    sent = client.send_goal_async(goal)
    assert ros.spin_until(sent.done)
    ended = sent.result().get_result_async()
    assert ros.spin_until(ended.done, 20.0)
    assert files(run_dir) == set()


def test_a_scene_is_a_sentence_and_no_file(ros: Any, run_dir: Path) -> None:
    ros.add(PybulletSim, task="reach the red ball", image_size=32)
    before = files(run_dir)  # the cache of meshes
    client = ros.node("other").create_client(Reset, names.RESET)
    assert ros.spin_until(client.service_is_ready)
    ros.spin_for(0.5)
    for evil in EVIL[:2]:
        answer = client.call_async(Reset.Request(task=evil, split=evil))
        assert ros.spin_until(answer.done, 20.0)
        assert not answer.result().ok and answer.result().message
    assert files(run_dir) == before
