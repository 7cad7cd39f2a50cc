"""The prior server hears the ground truth where its priors name an oracle, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_priors import save_tiny_priors

from fmac_ros.graph import GRAPHS, describe
from fmac_ros.msg import GroundTruth
from fmac_ros.msg import Observation as ObservationMessage
from fmac_ros.nodes.policy_node import PolicyNode
from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.picture import tile
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import observation_to_msg, seconds_to_stamp
from fmac_ros.ros.pictures import pictures_to_msgs
from fmac_ros.srv import DetectSuccess
from fmac_ros.types import Observation

TASK = "press the red button"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_priors(tmp_path_factory.mktemp("priors"))


def spec(tmp_path: Path, folder: Path, success: str) -> str:
    path = tmp_path / "priors.yaml"
    path.write_text(f"root: {folder}\nsuccess: {success}\n")
    return str(path)


def heard(node: Any) -> set[str]:
    """Topics that a node subscribes to."""
    return {subscription.topic_name.lstrip("/") for subscription in node.subscriptions}


def test_only_an_oracle_opens_the_ears(ros: Any, tmp_path: Path, folder: Path) -> None:
    votes = "{backend: vote, members: [{backend: embedded}]}"
    for priors in ("embedded", str(folder), spec(tmp_path, folder, votes), "missing.yaml"):
        server = ros.add(PriorServer, priors=priors, autostart=False)
        assert not heard(server) & {names.GROUND_TRUTH, names.OBSERVATION, names.TRANSITIONS}
    oracle = spec(tmp_path, folder, "{backend: oracle}")
    server = ros.add(PriorServer, priors=oracle, autostart=False)
    assert names.GROUND_TRUTH in heard(server)
    policy = ros.add(PolicyNode, robot="panda", priors=oracle)
    assert names.GROUND_TRUTH not in heard(policy)


def test_no_other_setting_reaches_the_choice() -> None:
    for graph in GRAPHS:
        (server,) = (node for node in describe(graph, {}) if node.name == "prior_server")
        assert not [name for name in server.parameters if "truth" in name or "oracle" in name]


def test_the_oracle_answers_what_the_simulator_says(ros: Any, tmp_path: Path, folder: Path) -> None:
    ros.add(PriorServer, priors=spec(tmp_path, folder, "{backend: oracle}"))
    node = ros.node()
    truths = node.create_publisher(GroundTruth, names.GROUND_TRUTH, qos.RELIABLE)
    seen = node.create_publisher(ObservationMessage, names.OBSERVATION, qos.OBSERVATION)
    client = node.create_client(DetectSuccess, names.DETECT_SUCCESS)
    assert ros.spin_until(client.service_is_ready)
    assert ros.spin_until(lambda: seen.get_subscription_count() and truths.get_subscription_count())
    ros.spin_for(0.3)
    robot = load_robot("panda")
    rng, joints = np.random.default_rng(0), np.asarray(robot.home, float)
    pictures = []
    for stamp, success in ((1.0, False), (2.0, True)):
        images = tuple(rng.integers(0, 255, (2, 64, 64, 3), np.uint8))
        observation = Observation(stamp, ("front", "side"), images, joints, np.zeros_like(joints))
        truth = GroundTruth(task=TASK, success=success)
        truth.header.stamp = seconds_to_stamp(stamp)
        truths.publish(truth)
        seen.publish(observation_to_msg(observation, robot.joint_names))
        pictures.append(tile(images))

    def ask(shown: np.ndarray) -> Any:
        request = DetectSuccess.Request(task=TASK, pictures=pictures_to_msgs(shown))
        future = client.call_async(request)
        assert ros.spin_until(future.done, 20.0)
        return future.result()

    answer = ask(np.stack(pictures))
    assert answer.ok, answer.error
    assert list(answer.successes) == [False, True] and answer.model == "oracle-success"
    unknown = ask(np.zeros((1, 64, 128, 3), np.uint8))
    assert not unknown.ok and "no ground truth of this picture" in unknown.error
