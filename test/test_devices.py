"""Where networks compute. What needs a GPU is skipped on a machine that has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from learning_world import LATENT_SHAPE, make_record
from untrained_priors import write_untrained

from fmac_ros.bench.learning.drqv2 import DrQ, DrQConfig
from fmac_ros.bench.learning.pixel_replay import PixelReplay
from fmac_ros.devices import pick_device
from fmac_ros.learning.actor import Actor
from fmac_ros.learning.algorithms import learner_config, make_learner
from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.config import ALGORITHMS
from fmac_ros.priors.registry import load_priors

TASK = "press the red button"
GPU = torch.cuda.is_available()
needs_gpu = pytest.mark.skipif(not GPU, reason="no GPU here")


def make(algorithm: str, device: str) -> BaseLearner:
    config = learner_config(algorithm, {"batch_size": 16, "device": device})
    learner = make_learner(algorithm, config, LATENT_SHAPE, 2, 2, seed=0)
    for number in range(3):
        learner.add(make_record(steps=20, seed=number))
    return learner


def test_auto_is_the_fastest_device() -> None:
    assert pick_device("auto") == torch.device("cuda:0" if GPU else "cpu")
    assert pick_device("cpu") == torch.device("cpu")


def test_a_device_that_is_not_here_is_refused() -> None:
    with pytest.raises(ValueError, match=r"device is 'cuda:9', valid on this machine: auto, .*cpu"):
        make("fmac", "cuda:9")


def test_priors_refuse_a_device_that_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="device is 'tpu', valid on this machine"):
        load_priors(write_untrained(tmp_path), device="tpu")


@needs_gpu
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_gpu_learns_what_the_cpu_learns(algorithm: str) -> None:
    here, there = make(algorithm, "cpu"), make(algorithm, "cuda")
    expected, found = here.update(5), there.update(5)
    assert found == pytest.approx(expected, rel=0.02, abs=0.01)
    record, rng = make_record(steps=20, seed=9), np.random.default_rng(0)
    state = record.latents[0], record.episode.proprio[0]
    acts = [Actor.from_bytes(x.parameters()).act(*state, True, rng) for x in (here, there)]
    assert acts[1] == pytest.approx(acts[0], abs=0.01)


@needs_gpu
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_run_may_change_its_device(algorithm: str) -> None:
    there, here = make(algorithm, "cuda"), make(algorithm, "cpu")
    there.update(5)
    here.load_state(there.state())
    assert here.updates == there.updates
    assert here.update(3) == pytest.approx(there.update(3), rel=0.02, abs=0.01)
    there.load_state(here.state())
    assert there.update(3) == pytest.approx(here.update(3), rel=0.02, abs=0.01)


@needs_gpu
def test_the_priors_say_the_same_on_a_gpu(tmp_path: Path) -> None:
    folder = write_untrained(tmp_path)
    here, there = load_priors(folder), load_priors(folder, device="cuda")
    size = (3, *here.picture_size, 3)
    pictures = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    for kind, ask in (("value", "values"), ("success", "scores")):
        expected, found = (getattr(getattr(p, kind), ask)(pictures, TASK) for p in (here, there))
        assert found == pytest.approx(expected, abs=0.01)
    latents = [p.encoder.encode(pictures).astype(np.float32) for p in (here, there)]
    assert latents[1] == pytest.approx(latents[0], abs=0.02)
    videos = [p.video.imagine(pictures, TASK, [2], 0).astype(np.float32) for p in (here, there)]
    assert videos[1] == pytest.approx(videos[0], abs=0.05)
    decoded = [p.encoder.decode(latents[0]).astype(int) for p in (here, there)]
    assert np.abs(decoded[1] - decoded[0]).max() <= 2


@needs_gpu
def test_drqv2_learns_on_a_gpu() -> None:
    device, rng = torch.device("cuda"), np.random.default_rng(0)
    replay = PixelReplay(40, (3, 48, 48), 2, 3, device)
    replay.start(rng.integers(0, 256, (3, 48, 48), dtype=np.uint8))
    for _ in range(20):
        picture = rng.integers(0, 256, (3, 48, 48), dtype=np.uint8)
        replay.add(rng.uniform(-1, 1, 2).astype(np.float32), 0.0, False, picture)
    agent = DrQ(DrQConfig(batch_size=8, hidden=32), (9, 48, 48), 2, 100, 0, device)
    assert np.isfinite(list(agent.update(replay, 0).values())).all()
    assert agent.act(replay.stacked(), 50, explore=False).shape == (2,)
