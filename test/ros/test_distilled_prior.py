"""prior_server with a student: it answers while its teacher thinks, and tells how it agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from hub_models import save_qwen3_vl
from tiny_priors import save_tiny_priors

from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.priors.ensemble.voting import levels
from fmac_ros.priors.registry import load_priors
from fmac_ros.ros import names
from fmac_ros.ros.pictures import pictures_to_msgs
from fmac_ros.srv import DetectSuccess

TASK = "press the red button"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Priors with a distilled vision-language model, and with that model itself."""
    root = save_tiny_priors(tmp_path / "root")
    model = str(save_qwen3_vl(tmp_path / "qwen3_vl"))
    vlm = {"backend": "vlm", "model": model, "threshold": 0.5}
    distilled = {
        "backend": "distilled",
        "teacher": vlm,
        "trust_after": 10,
        "max_disagreement": 1.0,
        "min_each": 0,
        "held_out": 2,
        "keyframes": 2,
        "wait": 20.0,
        "state": str(tmp_path / "state"),
    }
    for name, success in (("distilled", distilled), ("vlm", vlm)):
        content = {"root": str(root), "success": success}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return str(tmp_path / "distilled.yaml"), str(tmp_path / "vlm.yaml")


def test_a_student_takes_over_from_a_vision_language_model(
    ros: Any, files: tuple[str, str], tmp_path: Path
) -> None:
    distilled, plain = files
    ros.add(PriorServer, priors=distilled)
    told: dict[str, str] = {}
    heard: list[DiagnosticArray] = []

    def _on_diagnostics(message: DiagnosticArray) -> None:
        heard.append(message)
        for status in message.status:
            told.update({pair.key: pair.value for pair in status.values})

    node = ros.node()
    node.create_subscription(DiagnosticArray, names.DIAGNOSTICS, _on_diagnostics, 10)
    client = node.create_client(DetectSuccess, names.DETECT_SUCCESS)
    assert ros.spin_until(client.service_is_ready), "the service is not there"
    ros.spin_for(0.3)  # the server may not have found the client's side yet

    def ask(pictures: np.ndarray) -> Any:
        future = client.call_async(
            DetectSuccess.Request(task=TASK, pictures=pictures_to_msgs(pictures))
        )
        assert ros.spin_until(future.done, 30.0), "no answer"
        answer = future.result()
        assert answer.ok, answer.error
        return answer

    pictures = np.random.default_rng(0).integers(0, 255, (6, 5, 64, 128, 3), np.uint8)
    assert list(ask(pictures[0][:1]).successes) == [False]  # abstains
    vlm = load_priors(plain).success
    answer = ask(pictures[1])
    expected = levels(vlm.scores(pictures[1], TASK), vlm.threshold)
    np.testing.assert_allclose(answer.scores, expected, atol=1e-4)
    assert answer.model == f"distilled({vlm.name})" and answer.threshold == 0.5
    for episode in pictures[2:]:
        ask(episode)
    assert ros.spin_until(lambda: told.get("success_trusted") == "1", 30.0), told
    before = len(heard)  # the message at hand may be older than the last answer
    assert ros.spin_until(lambda: len(heard) >= before + 2)
    asked = int(told["success_teacher_answers"])
    alone = ask(np.full((1, 64, 128, 3), 77, np.uint8))
    assert 0 < alone.scores[0] < 1
    ask(np.roll(pictures[1], 8, axis=2))  # an unseen episode: two keyframes
    assert ros.spin_until(lambda: int(told["success_teacher_answers"]) == asked + 2), told
    assert float(told["success_different_low"]) <= float(told["success_different_high"])
    assert told["success_teacher_failures"] == "0"


def test_the_student_is_saved_when_the_node_ends(
    ros: Any, files: tuple[str, str], tmp_path: Path
) -> None:
    server: Any = ros.add(PriorServer, priors=files[0])
    client = ros.node().create_client(DetectSuccess, names.DETECT_SUCCESS)
    assert ros.spin_until(client.service_is_ready), "the service is not there"
    ros.spin_for(0.3)
    pictures = np.random.default_rng(0).integers(0, 255, (4, 64, 128, 3), np.uint8)
    future = client.call_async(
        DetectSuccess.Request(task=TASK, pictures=pictures_to_msgs(pictures))
    )
    assert ros.spin_until(future.done, 30.0) and future.result().ok
    server.trigger_deactivate()
    server.trigger_cleanup()
    assert len(list((tmp_path / "state" / "success").glob("*/memory.safetensors"))) == 1
