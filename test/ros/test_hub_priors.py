"""prior_server with backends from the hub: it answers, or says what is wrong and stays alive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hub_models import save_contrastive, save_idefics3, save_qwen3_vl
from tiny_priors import save_tiny_priors

from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.priors.registry import load_priors
from fmac_ros.ros import names
from fmac_ros.ros.pictures import pictures_to_msgs
from fmac_ros.srv import DetectSuccess, EstimateValue

TASK = "press the red button"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models of every architecture, and the embedded priors of the rest."""
    folder = tmp_path_factory.mktemp("models")
    save_tiny_priors(folder / "root")
    save_contrastive(folder / "clip")
    save_contrastive(folder / "siglip", "siglip")
    save_qwen3_vl(folder / "qwen3_vl")
    save_idefics3(folder / "idefics3")
    return folder


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (3, 64, 128, 3), np.uint8)


def write(folder: Path, models: Path, **priors: Any) -> str:
    path = folder / "priors.yaml"
    path.write_text(yaml.safe_dump({"root": str(models / "root"), **priors}))
    return str(path)


def ask(ros: Any, kind: Any, name: str, pictures: np.ndarray) -> Any:
    """The answer of the server that runs in this context."""
    service = ros.node().create_client(kind, name)
    assert ros.spin_until(service.service_is_ready), f"{name} is not there"
    ros.spin_for(0.3)  # the server may not have found the client's side yet
    future = service.call_async(kind.Request(task=TASK, pictures=pictures_to_msgs(pictures)))
    assert ros.spin_until(future.done, 20.0), f"{name} does not answer"
    return future.result()


@pytest.mark.parametrize(
    ("value", "success"),
    [
        ({"backend": "contrastive", "model": "clip"}, {"backend": "vlm", "model": "qwen3_vl"}),
        ({"backend": "vlm", "model": "idefics3"}, {"backend": "contrastive", "model": "siglip"}),
    ],
)
def test_serves_models_of_the_hub(
    ros: Any,
    models: Path,
    tmp_path: Path,
    pictures: np.ndarray,
    value: dict[str, str],
    success: dict[str, str],
) -> None:
    for prior in (value, success):
        prior["model"] = str(models / Path(prior["model"]).name)
    file = write(tmp_path, models, value=value, success={**success, "threshold": 0.4})
    ros.add(PriorServer, priors=file)
    priors = load_priors(file)
    answer = ask(ros, EstimateValue, names.ESTIMATE_VALUE, pictures)
    assert answer.ok, answer.error
    np.testing.assert_allclose(answer.values, priors.value.values(pictures, TASK), atol=1e-5)
    assert (answer.model, answer.version) == (value["model"], priors.value.version)
    verdict = ask(ros, DetectSuccess, names.DETECT_SUCCESS, pictures)
    assert verdict.ok, verdict.error
    np.testing.assert_allclose(verdict.scores, priors.success.scores(pictures, TASK), atol=1e-5)
    assert verdict.threshold == pytest.approx(0.4)
    assert list(verdict.successes) == [score >= 0.4 for score in verdict.scores]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"model": "/nowhere"}, "no model at '/nowhere', valid: a directory or a hub id"),
        ({"model": "clip", "speed": 2}, "unknown option 'speed', valid: model"),
        ({"model": "cut"}, "model.safetensors is cut short"),
    ],
)
def test_says_why_a_model_does_not_load(
    ros: Any,
    models: Path,
    tmp_path: Path,
    pictures: np.ndarray,
    options: dict[str, Any],
    complaint: str,
) -> None:
    if options["model"] == "cut":
        weights = save_contrastive(tmp_path / "cut") / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1])
        options = {"model": str(tmp_path / "cut")}
    file = write(tmp_path, models, value={"backend": "contrastive", **options})
    ros.add(PriorServer, priors=file)
    answer = ask(ros, EstimateValue, names.ESTIMATE_VALUE, pictures)
    assert not answer.ok
    assert complaint in answer.error
