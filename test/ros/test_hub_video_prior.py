"""prior_server with an image-to-video pipeline: it answers, tells how far it is, and stops."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from tiny_priors import save_tiny_priors
from video_models import save_ltx

from fmac_ros.action import GenerateVideo
from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.priors.registry import load_priors
from fmac_ros.ros import names
from fmac_ros.ros.conversions import latents_to_array
from fmac_ros.ros.pictures import pictures_to_msgs

TASK = "press the red button"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny pipeline, and the embedded priors of the rest."""
    folder = tmp_path_factory.mktemp("models")
    save_tiny_priors(folder / "root")
    save_ltx(folder / "ltx")
    return folder


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (2, 64, 128, 3), np.uint8)


def write(folder: Path, models: Path, **options: Any) -> str:
    """A priors file with the tiny pipeline as video prior."""
    video = {"backend": "diffusers", "model": str(models / "ltx"), "height": 64, "frames": 4}
    path = folder / "priors.yaml"
    path.write_text(yaml.safe_dump({"root": str(models / "root"), "video": {**video, **options}}))
    return str(path)


def send(ros: Any, goal: Any, shares: list[float]) -> Any:
    """The handle of an accepted goal; ``shares`` gets its feedback."""
    client: Any = ActionClient(ros.node(), GenerateVideo, names.GENERATE_VIDEO)
    assert ros.spin_until(client.server_is_ready)
    ros.spin_for(0.3)  # the server may not have found the client's side yet
    sent = client.send_goal_async(goal, lambda message: shares.append(message.feedback.progress))
    assert ros.spin_until(sent.done)
    return sent.result()


def test_generates_with_feedback(
    ros: Any, models: Path, tmp_path: Path, pictures: np.ndarray
) -> None:
    file = write(tmp_path, models, steps=2)
    ros.add(PriorServer, priors=file)
    shares: list[float] = []
    goal = GenerateVideo.Goal(task=TASK, pictures=pictures_to_msgs(pictures), seed=7, decode=True)
    goal.frame_indices = [2, 4]
    answer = send(ros, goal, shares).get_result_async()
    assert ros.spin_until(answer.done, 20.0)
    result = answer.result().result
    assert result.ok, result.error
    video = load_priors(file).video
    latents = latents_to_array(result.shape, result.latents)
    assert np.allclose(latents, video.imagine(pictures, TASK, [2, 4], seed=7), atol=1e-3)
    assert (result.model, result.version) == (video.name, video.version)
    assert len(result.frames) == 4 and result.frames[0].width == 128
    assert ros.spin_until(lambda: 1.0 in shares) and 0.25 in shares


def test_a_cancelled_video_ends_and_the_next_is_made(
    ros: Any, models: Path, tmp_path: Path, pictures: np.ndarray
) -> None:
    ros.add(PriorServer, priors=write(tmp_path, models, steps=1000))
    shares: list[float] = []
    goal = GenerateVideo.Goal(task=TASK, pictures=pictures_to_msgs(pictures), seed=7)
    handle = send(ros, goal, shares)
    assert ros.spin_until(lambda: any(share > 0 for share in shares), 20.0)
    started = time.monotonic()
    handle.cancel_goal_async()
    answer = handle.get_result_async()
    assert ros.spin_until(answer.done, 5.0), "it does not stop"
    assert time.monotonic() - started < 4.0 and max(shares) < 1.0
    assert answer.result().status == GoalStatus.STATUS_CANCELED
    assert not answer.result().result.ok and "cancelled" in answer.result().result.error
    before = len(shares)
    again = send(ros, goal, shares)
    assert ros.spin_until(lambda: len(shares) > before + 1, 10.0)
    again.cancel_goal_async()
    ros.spin_for(0.3)
