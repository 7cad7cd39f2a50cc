"""prior_server: what it answers, what it refuses, and that it loads beside the node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rclpy.action import ActionClient
from tiny_priors import FRAMES, save_tiny_priors

from fmac_ros.action import GenerateVideo
from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.priors.registry import load_priors
from fmac_ros.ros import names
from fmac_ros.ros.conversions import latents_to_array
from fmac_ros.ros.images import array_to_image, image_to_array
from fmac_ros.ros.pictures import pictures_to_msgs
from fmac_ros.ros.prior_answers import success_answer
from fmac_ros.srv import DetectSuccess, EstimateValue

TASK = "press the red button"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with tiny priors."""
    return save_tiny_priors(tmp_path_factory.mktemp("priors"))


@pytest.fixture
def pictures() -> np.ndarray:
    """Three noisy pictures."""
    return np.random.default_rng(0).integers(0, 255, (3, 64, 128, 3), np.uint8)


@pytest.fixture
def ask(ros: Any, folder: Path) -> Callable[[Any, str, Any], Any]:
    """Call a service of a running prior_server."""
    ros.add(PriorServer, priors=str(folder))
    client = ros.node()

    def call(kind: Any, name: str, request: Any) -> Any:
        service = client.create_client(kind, name)
        assert ros.spin_until(service.service_is_ready), f"{name} is not there"
        ros.spin_for(0.3)  # the server may not have found the client's side yet
        future = service.call_async(request)
        assert ros.spin_until(future.done, 20.0), f"{name} does not answer"
        return future.result()

    return call


def test_answers_what_the_priors_say(ask: Any, folder: Path, pictures: np.ndarray) -> None:
    priors = load_priors(folder)
    messages = pictures_to_msgs(pictures)
    value = ask(
        EstimateValue, names.ESTIMATE_VALUE, EstimateValue.Request(task=TASK, pictures=messages)
    )
    assert value.ok, value.error
    assert np.allclose(value.values, priors.value.values(pictures, TASK))
    assert (value.model, value.version) == (priors.value.name, priors.value.version)
    success = ask(
        DetectSuccess, names.DETECT_SUCCESS, DetectSuccess.Request(task=TASK, pictures=messages)
    )
    assert success.ok, success.error
    assert np.allclose(success.scores, priors.success.scores(pictures, TASK))
    assert list(success.successes) == [s >= success.threshold for s in success.scores]


def test_a_tasks_own_threshold_decides() -> None:
    prior: Any = SimpleNamespace(
        name="calibrated", version="1", threshold=0.5, threshold_of={TASK: 0.8}.__getitem__
    )
    answer = success_answer(prior, np.array([0.6, 0.9], np.float32), TASK)
    assert list(answer.successes) == [False, True] and answer.threshold == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("task", "picture", "complaint"),
    [
        ("", np.zeros((64, 128, 3), np.uint8), "sentence is empty"),
        ("x" * 1001, np.zeros((64, 128, 3), np.uint8), "1001 characters"),
        (TASK, np.zeros((32, 32, 3), np.uint8), "set state_node.image_size"),
        (TASK, None, "no picture"),
    ],
)
def test_refuses_with_a_reason(
    ask: Any, task: str, picture: np.ndarray | None, complaint: str
) -> None:
    messages = [] if picture is None else [array_to_image(picture)]
    request = EstimateValue.Request(task=task, pictures=messages)
    response = ask(EstimateValue, names.ESTIMATE_VALUE, request)
    assert not response.ok
    assert complaint in response.error


def test_refuses_an_unknown_encoding(ask: Any, pictures: np.ndarray) -> None:
    message = array_to_image(pictures[0])
    message.encoding = "mono16"
    request = DetectSuccess.Request(task=TASK, pictures=[message])
    response = ask(DetectSuccess, names.DETECT_SUCCESS, request)
    assert not response.ok
    assert "mono16" in response.error


def test_generates_video_with_feedback(ros: Any, folder: Path, pictures: np.ndarray) -> None:
    ros.add(PriorServer, priors=str(folder))
    client: Any = ActionClient(ros.node(), GenerateVideo, names.GENERATE_VIDEO)
    assert ros.spin_until(client.server_is_ready)
    ros.spin_for(0.3)  # the server may not have found the client's side yet
    shares: list[float] = []
    goal = GenerateVideo.Goal(task=TASK, pictures=pictures_to_msgs(pictures), seed=7, decode=True)
    goal.frame_indices = [2, FRAMES]
    sent = client.send_goal_async(goal, lambda message: shares.append(message.feedback.progress))
    assert ros.spin_until(sent.done)
    answer = sent.result().get_result_async()
    assert ros.spin_until(answer.done, 20.0)
    result = answer.result().result
    assert result.ok, result.error
    imagined = load_priors(folder).video.imagine(pictures, TASK, [2, FRAMES], seed=7)
    latents = latents_to_array(result.shape, result.latents)
    assert latents.shape == (3, 2, 8, 8, 16)
    assert np.allclose(latents, imagined, atol=1e-3)
    assert len(result.frames) == 6
    assert image_to_array(result.frames[0]).shape == (64, 128, 3)
    assert ros.spin_until(lambda: 1.0 in shares)


def test_missing_priors_end_the_node(ros: Any, tmp_path: Path) -> None:
    ros.add(PriorServer, priors=str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="1"):
        ros.spin_for(2.0)
