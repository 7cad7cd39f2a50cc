"""Contrastive priors: what they answer, from which goal, and what they refuse to load."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
import transformers
from hub_models import save_contrastive
from PIL import Image

from fmac_ros.priors.backends import make_prior
from fmac_ros.priors.hub.cameras import pad_square, views
from fmac_ros.priors.hub.loading import HubOptions, find_model, version_of_model
from fmac_ros.priors.hub.pretrained import load_pretrained
from fmac_ros.priors.hub.similarity import Goal, reward

TASK = "press the red button"


@pytest.fixture(scope="module", params=["clip", "siglip"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_contrastive(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_contrastive(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 64, 128, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def goals(pictures: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The first two pictures as files: the goal, and what is not the goal."""
    folder = tmp_path_factory.mktemp("goals")
    files = {"goal_image": folder / "goal.png", "baseline_image": folder / "baseline.png"}
    for file, picture in zip(files.values(), pictures, strict=False):
        cv2.imwrite(str(file), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return {name: str(file) for name, file in files.items()}


def prior(kind: str, model: Path | str, **options: Any) -> Any:
    return make_prior(kind, "contrastive", {"model": str(model), **options}, None)  # type: ignore[arg-type]


def test_success_is_the_models_own_choice_of_sentence(model: Path, pictures: np.ndarray) -> None:
    success = prior("success", model, target="done: {task}", baseline="nothing", camera="all")
    network = transformers.AutoModel.from_pretrained(model)
    tokens = transformers.AutoTokenizer.from_pretrained(model)(
        [f"done: {TASK}", "nothing"], padding="max_length", max_length=40, return_tensors="pt"
    )
    images = transformers.AutoImageProcessor.from_pretrained(model)(
        [Image.fromarray(picture) for picture in pad_square(pictures)], return_tensors="pt"
    )
    with torch.inference_mode():
        expected = network(**tokens, **images).logits_per_image.softmax(1)[:, 0]
    np.testing.assert_allclose(success.scores(pictures, TASK), expected, atol=1e-5)


def test_value_is_batched_and_depends_on_the_sentence(model: Path, pictures: np.ndarray) -> None:
    value = prior("value", model, batch=2)
    together = value.values(pictures, TASK)
    assert together.shape == (5,) and together.dtype == np.float32
    assert ((together >= 0) & (together <= 1)).all() and np.ptp(together) > 0
    alone = [value.values(picture[None], TASK)[0] for picture in pictures]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert not np.allclose(together, value.values(pictures, "open the drawer"), atol=1e-3)
    assert value.values(pictures[:0], TASK).shape == (0,)
    assert (value.picture_size, value.conditioning) == (None, ("text",))


def test_the_goal_picture_is_worth_one_and_the_baseline_zero(
    clip: Path, pictures: np.ndarray, goals: dict[str, str]
) -> None:
    value = prior("value", clip, **goals, goal_weight=1)
    values = value.values(pictures, TASK)
    np.testing.assert_allclose(values[:2], [1, 0], atol=1e-5)
    assert value.conditioning == ("goal_image",)
    success = prior("success", clip, **goals, goal_weight=1).scores(pictures, TASK)
    assert success[0] > 0.5 > success[1]


def test_text_and_goal_picture_count_by_weight(
    clip: Path, pictures: np.ndarray, goals: dict[str, str]
) -> None:
    both = prior("value", clip, **goals, goal_weight=0.25)
    text = prior("value", clip).values(pictures, TASK)
    goal = prior("value", clip, **goals, goal_weight=1).values(pictures, TASK)
    np.testing.assert_allclose(both.values(pictures, TASK), 0.75 * text + 0.25 * goal, atol=1e-5)
    assert both.conditioning == ("text", "goal_image")


def test_cameras_are_averaged_or_chosen(
    clip: Path, pictures: np.ndarray, goals: dict[str, str]
) -> None:
    left, right = (prior("value", clip, camera=index) for index in (0, 1))
    one = left.values(pictures, TASK)
    np.testing.assert_allclose(one, left.values(pictures[:, :, :64], TASK), atol=1e-5)
    mean = (one + right.values(pictures, TASK)) / 2
    np.testing.assert_allclose(prior("value", clip).values(pictures, TASK), mean, atol=1e-5)
    with pytest.raises(ValueError, match=r"camera is 1, valid: 0\.\.0"):
        right.values(pictures[:, :, :64], TASK)
    with pytest.raises(ValueError, match="goal_image shows 2 cameras and a picture 1"):
        prior("value", clip, **goals).values(pictures[:, :, :64], TASK)
    with pytest.raises(ValueError, match="64x100, valid for camera 'mean': square cameras"):
        prior("value", clip).values(pictures[:, :, :100], TASK)


def test_views_and_padding_keep_every_pixel() -> None:
    pictures = np.arange(2 * 2 * 4 * 3, dtype=np.uint8).reshape(2, 2, 4, 3)
    np.testing.assert_array_equal(views(pictures, "mean")[:, 1], pictures[:, :, 2:])
    padded = pad_square(pictures)
    assert padded.shape == (2, 4, 4, 3) and padded[:, 1:3].sum() == padded.sum()


def test_reward_is_the_cosine_without_regularisation_and_ignores_the_rest_with_it() -> None:
    goal = Goal(np.array([[1.0, 0, 0]]), np.array([[0, 1.0, 0]]), 1.0)
    x = np.array([[[0.6, 0, 0.8]]])
    assert reward(x, goal, 0.0) == pytest.approx(0.6)
    assert reward(x, Goal(goal.target, None, 1.0), 1.0) == pytest.approx(0.6)
    # On the line from baseline to target x lies at 0.8, 0.2 * sqrt(2) from the target.
    assert reward(x, goal, 1.0) == pytest.approx(1 - 0.04)
    aside = np.array([[[0.6, 0, -0.8]]])
    assert reward(aside, goal, 1.0) == pytest.approx(reward(x, goal, 1.0))


def test_low_and_high_stretch_the_value(clip: Path, pictures: np.ndarray) -> None:
    options: dict[str, Any] = {"baseline": "", "camera": 0}
    cosine = 2 * prior("value", clip, **options).values(pictures, TASK) - 1
    low, high = float(cosine.min()), float(cosine.max())
    stretched = prior("value", clip, **options, low=low, high=high).values(pictures, TASK)
    np.testing.assert_allclose(stretched, (cosine - low) / (high - low), atol=1e-3)


def test_two_priors_share_one_model(clip: Path) -> None:
    options = HubOptions(str(clip))
    first = load_pretrained(transformers.AutoModel, options)
    assert load_pretrained(transformers.AutoModel, options) is first
    other = load_pretrained(transformers.AutoModel, HubOptions(str(clip), dtype="bfloat16"))
    assert other.model.dtype == torch.bfloat16 and first.model.dtype == torch.float32


def test_half_precision_answers_alike(clip: Path, pictures: np.ndarray) -> None:
    half = prior("value", clip, dtype="bfloat16", device="auto").values(pictures, TASK)
    full = prior("value", clip).values(pictures, TASK)
    np.testing.assert_allclose(half, full, atol=0.1)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"modle": "x"}, "unknown option 'modle', valid: model, revision"),
        ({"dtype": "int3"}, "dtype is 'int3', valid: auto, float32"),
        ({"device": "tpu"}, "device is 'tpu', valid on this machine: auto"),
        ({"quantisation": "int2"}, "quantisation is 'int2', valid: none, int8, int4"),
        ({"camera": "left"}, "camera is 'left', valid: all, mean, or an index"),
        ({"camera": True}, "camera is True"),
        ({"batch": 0}, "batch is 0"),
        ({"goal_weight": 2}, r"goal_weight is 2, valid: 0\.\.1"),
        ({"regularisation": float("nan")}, r"regularisation is nan, valid: 0\.\.1"),
        ({"low": 0.5, "high": 0.5}, r"low is 0\.5, valid: less than high \(0\.5\)"),
        ({"high": 0.5}, r"high is 0\.5 without low, valid: both"),
        ({"target": ""}, "target is empty"),
        ({"baseline_image": "x.png"}, "baseline_image without goal_image"),
        ({"target": "{task}", "baseline": TASK}, "target and baseline are the same"),
        ({"target": "{task} " * 20}, r"tokens, valid: up to 40: 'press the red button press"),
    ],
)
def test_wrong_options_are_explained(
    clip: Path, pictures: np.ndarray, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        prior("value", clip, **options).values(pictures, TASK)


def test_success_needs_something_to_compare_with(clip: Path, goals: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="baseline is empty, valid: a text of an unsolved"):
        prior("success", clip, baseline="")
    with pytest.raises(ValueError, match="goal_image needs baseline_image"):
        prior("success", clip, goal_image=goals["goal_image"])
    with pytest.raises(FileNotFoundError, match=r"no picture at nowhere\.png"):
        prior("value", clip, goal_image="nowhere.png")
    with pytest.raises(ValueError, match=r"config\.json is not a picture, valid: PNG"):
        prior("value", clip, goal_image=str(clip / "config.json"))


@pytest.mark.parametrize("package", ["accelerate", "bitsandbytes"])
def test_a_missing_package_is_named(
    clip: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_others(name: str) -> object:
        return None if name == package else object()

    monkeypatch.setattr("fmac_ros.priors.hub.loading.find_spec", only_others)
    with pytest.raises(ValueError, match=f"needs the package {package}: pip install {package}"):
        prior("value", clip, quantisation="int4")


def test_no_model_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match="no model at '/nowhere', valid: a directory or a"):
        prior("value", "/nowhere")
    with pytest.raises(FileNotFoundError, match=r"no config\.json in .*, valid: a directory that"):
        prior("value", tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="run 'hf download owner/name'.*HF_HOME"):
        find_model("owner/name")


def test_damaged_weights_are_refused(clip: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clip, tmp_path / "copy"))
    weights = folder / "model.safetensors"
    assert version_of_model(folder) == version_of_model(clip)
    weights.write_bytes(weights.read_bytes()[:-100])
    assert version_of_model(folder) != version_of_model(clip)
    with pytest.raises(ValueError, match=r"model\.safetensors is cut short or is not safetensors"):
        prior("value", folder)
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(FileNotFoundError, match=r"lacks model-2\.safetensors, download it again"):
        prior("value", folder)


def test_pickled_weights_are_never_loaded(clip: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clip, tmp_path / "copy"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"holds pytorch_model\.bin and no \.safetensors"):
        prior("value", folder)


def test_weights_of_another_model_are_refused(clip: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clip, tmp_path / "copy"))
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["num_hidden_layers"] = 3
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"lack \d+ tensors of CLIPModel"):
        prior("value", folder)
    config["model_type"] = "telepathy"
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="telepathy"):
        prior("value", folder)
