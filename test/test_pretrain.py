"""The training loop learns and resumes, and a whole small run makes loadable priors."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from synthetic_videos import sentence, write_videos
from torch import nn

from fmac_ros.paths import package_dir
from fmac_ros.priors.pretrain.checkpoint import Checkpoint
from fmac_ros.priors.pretrain.devices import DEVICES, choose_device
from fmac_ros.priors.pretrain.heads import new_head
from fmac_ros.priors.pretrain.settings import Fit, PretrainSettings
from fmac_ros.priors.pretrain.stages import run_track
from fmac_ros.priors.pretrain.starting import check_latent_space
from fmac_ros.priors.pretrain.training import checkpoint_of, fit
from fmac_ros.priors.pretrain.videos import read_all_pictures
from fmac_ros.priors.registry import PARTS, load_encoder_from, load_priors
from fmac_ros.trust.calibration import ThresholdOptions

TARGET = torch.tensor([[2.0, -1.0]])


def line(model: nn.Module, rng: np.random.Generator) -> torch.Tensor:
    """Square error of a linear map against a known one, on random points."""
    x = torch.from_numpy(rng.standard_normal((16, 2)).astype(np.float32))
    x = x + 0.0 * torch.randn(1)  # also draws from torch's own random state
    return (model(x) - x @ TARGET.T).square().mean()


def line_settings(work: Path, steps: int) -> PretrainSettings:
    fits = {"value": Fit(steps=steps, batch=16, learning_rate=0.1, weight_decay=0.0)}
    return PretrainSettings(work, work, work, work, fits=fits, bfloat16=False)


def new_line() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(2, 1)


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert [choose_device(name) for name in DEVICES if name != "cuda"] == ["cpu", "cpu"]
    with pytest.raises(ValueError, match="torch sees no GPU here, valid: auto, cpu"):
        choose_device("cuda")
    with pytest.raises(ValueError, match="device is 'tpu', valid: auto, cpu, cuda"):
        choose_device("tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [choose_device(name) for name in DEVICES] == ["cuda", "cpu", "cuda"]


def test_bigger_batches_on_request(tmp_path: Path) -> None:
    settings = dataclasses.replace(line_settings(tmp_path, 10), batch_factor=4)
    assert settings.batch("value") == 64
    with pytest.raises(ValueError, match="batch_factor is 0, valid: 1 or more"):
        dataclasses.replace(settings, batch_factor=0)


def test_the_loop_learns(tmp_path: Path) -> None:
    told: list[str] = []
    model = new_line()
    fit("value", model, line, line_settings(tmp_path, 400), told.append)
    np.testing.assert_allclose(model.weight.detach().numpy(), TARGET, atol=0.05)
    assert "step 400/400" in told[-1]


def test_an_interrupted_training_ends_like_an_unbroken_one(tmp_path: Path) -> None:
    whole = new_line()
    fit("value", whole, line, line_settings(tmp_path / "whole", 40), lambda _: None)

    calls = itertools.count(1)

    def interrupted(model: nn.Module, rng: np.random.Generator) -> torch.Tensor:
        if next(calls) > 25:
            raise KeyboardInterrupt
        return line(model, rng)

    broken, settings = new_line(), line_settings(tmp_path / "broken", 40)
    with pytest.raises(KeyboardInterrupt):
        fit("value", broken, interrupted, settings, lambda _: None)
    told: list[str] = []
    continued = new_line()
    fit("value", continued, line, settings, told.append)
    assert "continued from" in told[0] and "step 25/40" in told[0]
    torch.testing.assert_close(continued.weight, whole.weight)


def test_a_share_of_the_starting_weights_is_kept(tmp_path: Path) -> None:
    (tmp_path / "old" / "encoder").mkdir(parents=True)
    found = {}
    for keep in (0.0, 0.25):
        settings = dataclasses.replace(
            line_settings(tmp_path / str(keep), 40), start_from=tmp_path / "old", keep=keep
        )
        model = new_line()
        start = model.weight.detach().clone()
        fit("value", model, line, settings, lambda _: None)
        found[keep] = model.weight.detach()
    assert (found[0.0] - start).abs().max() > 0.01
    torch.testing.assert_close(found[0.25], 0.75 * found[0.0] + 0.25 * start)


@pytest.mark.parametrize("keep", [-0.1, 1.0])
def test_a_share_to_keep_needs_a_start_and_a_range(tmp_path: Path, keep: float) -> None:
    with pytest.raises(ValueError, match="keep is"):
        dataclasses.replace(line_settings(tmp_path, 4), keep=keep)
    with pytest.raises(ValueError, match="valid: 0 without start_from"):
        dataclasses.replace(line_settings(tmp_path, 4), keep=0.5)


def test_restored_moments_lie_in_memory_as_their_weights_do(tmp_path: Path) -> None:
    def convolution() -> tuple[nn.Conv2d, torch.optim.AdamW]:
        model = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        return model, torch.optim.AdamW(model.parameters())

    model, optimizer = convolution()
    model(torch.randn(2, 3, 8, 8)).sum().backward()
    optimizer.step()
    checkpoint = Checkpoint(tmp_path / "some.safetensors")
    checkpoint.save({"model": model.state_dict()}, optimizer, {})
    other, restored = convolution()
    checkpoint.load(restored, other)
    moments = restored.state[other.weight]
    for name in ("exp_avg", "exp_avg_sq"):
        assert moments[name].stride() == other.weight.stride()
        torch.testing.assert_close(moments[name], optimizer.state[model.weight][name])


def test_a_minute_limit_stops_the_training(tmp_path: Path) -> None:
    settings = PretrainSettings(
        tmp_path, tmp_path, tmp_path, tmp_path, minutes=1e-3, bfloat16=False
    )
    told: list[str] = []
    fit("success", new_line(), line, settings, told.append)
    assert "0 s left" in told[-1] and "step 3000/" not in told[-1]
    assert checkpoint_of("success", settings).facts()["minutes"] == 1e-3


def test_a_non_finite_loss_stops_the_training(tmp_path: Path) -> None:
    def bad(model: nn.Module, rng: np.random.Generator) -> torch.Tensor:
        return line(model, rng) * float("nan")

    with pytest.raises(FloatingPointError, match="nan at step 0"):
        fit("value", new_line(), bad, line_settings(tmp_path, 4), lambda _: None)


def test_a_head_for_pictures_of_another_size_is_refused(tmp_path: Path) -> None:
    settings = dataclasses.replace(line_settings(tmp_path, 1), start_from=package_dir() / "weights")
    small = SimpleNamespace(picture_size=(64, 128))
    with pytest.raises(ValueError, match="are 64x128 .*value looks at 128x256, valid: one size"):
        new_head("value", small, settings)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_small_run_makes_priors(tmp_path: Path) -> None:
    videos = write_videos(tmp_path / "videos", shards=2, videos=6, seed=0)
    validation = write_videos(tmp_path / "validation", shards=1, videos=8, seed=900)
    names = ("autoencoder", "value", "success", "video")
    fits = {name: Fit(steps=2, batch=4, learning_rate=1e-3) for name in names}
    settings = PretrainSettings(videos, validation, tmp_path / "w", tmp_path / "work", fits=fits)
    run_track(("autoencoder", "latents", "value", "success", "video", "report"), settings)
    with pytest.raises(ValueError, match="success_fpr is 0.001 per frame, valid: 0.0145 or more"):
        load_priors(settings.weights)  # eight videos promise little
    priors = load_priors(settings.weights, ThresholdOptions(0.02))
    scores = priors.success.scores(read_all_pictures(validation), sentence("red"))
    assert np.isfinite(scores).all()
    for part in PARTS:
        assert (settings.weights / part / "README.md").read_text().startswith("---")
        metrics = json.loads((settings.weights / part / "metrics.json").read_text())
        assert metrics
    check_fine_tuning(settings, tmp_path)


def check_fine_tuning(made: PretrainSettings, tmp_path: Path) -> None:
    """Only the video prior goes on, from ``made``, and its description says so."""
    tuned = dataclasses.replace(
        made, weights=tmp_path / "tuned", work=tmp_path / "work2", start_from=made.weights
    )
    shutil.copytree(made.weights, tuned.weights)
    run_track(("latents", "video", "report"), tuned)
    described = {
        part: json.loads((tuned.weights / part / "settings.json").read_text()) for part in PARTS
    }
    assert described["video"]["started_from"]["fit"]["steps_done"] == 2
    assert "started_from" not in described["value"]
    other = dataclasses.replace(made, weights=package_dir() / "weights", start_from=made.weights)
    with pytest.raises(ValueError, match="fine-tuning needs that encoder"):
        check_latent_space(other)
    run_track(("autoencoder",), tuned)
    old, new = (load_encoder_from(root / "encoder") for root in (made.weights, tuned.weights))
    assert new.model.config.started_from == old.version != new.version
    assert new.model.config.latents_std == old.model.config.latents_std
    (tuned.work / "checkpoints/video.safetensors").unlink()
    run_track(("latents", "video"), tuned)  # the video prior goes on in latents close to its own
    for config in ("video/denoiser/config.json", "encoder/config.json"):
        assert str(made.weights) not in (tuned.weights / config).read_text()
