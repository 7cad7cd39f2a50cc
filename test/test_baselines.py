"""A baseline that fails is evidence only if its code solves what is easy: it does here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from easy_gyms import Lamp, PointGym
from gymnasium.utils.env_checker import check_env
from tiny_priors import save_tiny_priors

from fmac_ros.bench.learning.baseline import solves, verdict_of
from fmac_ros.bench.learning.cells import Cell, Effort
from fmac_ros.bench.learning.drqv2 import DrQConfig
from fmac_ros.bench.learning.drqv2_networks import random_shift
from fmac_ros.bench.learning.gym_world import GymWorld, LatentSight, PixelSight
from fmac_ros.bench.learning.pixel_replay import PixelReplay
from fmac_ros.bench.learning.pixels_cell import Eyes, PixelTrainer
from fmac_ros.bench.learning.sac import Steps, make_sac
from fmac_ros.bench.learning.scene import open_scene


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_sac_solves_an_easy_sparse_task() -> None:
    env = PointGym()
    model = make_sac(env, 0, 400, 150, 0.9, batch_size=32, learning_rate=1e-3)
    model.learn(400, callback=Steps(lambda steps: True))
    solved = 0
    for seed in range(30):
        state, _ = env.reset(seed=1000 + seed)
        ended = False
        while not ended:
            action = model.predict(state, deterministic=True)[0]
            state, reward, terminated, truncated, _ = env.step(action)
            ended = terminated or truncated
        solved += reward > 0
    assert solved >= 24


@pytest.mark.slow
@pytest.mark.parametrize("bfloat16", [False, True])
def test_drqv2_solves_an_easy_sparse_task_from_pixels(bfloat16: bool) -> None:
    config = DrQConfig(
        batch_size=32,
        hidden=64,
        seed_steps=60,
        pad=2,
        learning_rate=1e-3,
        update_every=1,
        stack=2,
        bfloat16=bfloat16,
    )
    trainer = PixelTrainer(Lamp(), config, 260, seed=0)  # type: ignore[arg-type]
    trainer.train(lambda steps, learned: True)
    eyes = Eyes(Lamp(), trainer.agent)  # type: ignore[arg-type]
    solved = sum(solves(eyes, eyes.act, layout) for layout in range(20))  # type: ignore[arg-type]
    assert solved >= 18


def test_pictures_are_shifted_whole_and_not_far() -> None:
    generator = torch.Generator().manual_seed(0)
    ramp = torch.arange(12.0).expand(64, 1, 12, 12).contiguous()  # columns count up
    shifted = random_shift(ramp, 2, generator)
    assert shifted.shape == ramp.shape
    moved = (shifted - ramp)[:, 0, 6, 5]
    assert set(moved.tolist()) == {-2.0, -1.0, 0.0, 1.0, 2.0}
    assert torch.equal(shifted[:, 0, 0], shifted[:, 0, 11])  # rows moved together


def test_returns_stop_at_an_episodes_end() -> None:
    replay = PixelReplay(20, (1, 2, 2), 1, stack=3)

    def picture(number: int) -> np.ndarray:
        return np.full((1, 2, 2), number, np.uint8)

    replay.start(picture(10))
    replay.add(np.zeros(1), 0.0, False, picture(11))
    replay.add(np.zeros(1), 1.0, True, picture(12))  # success
    replay.start(picture(20))
    replay.add(np.zeros(1), 0.0, False, picture(21))  # time limit
    np.testing.assert_array_equal(replay.stacked()[:, 0, 0], [20, 20, 21])
    batch = replay.sample(200, 3, 0.5, np.random.default_rng(0))
    newest = batch.pictures[:, -1, 0, 0].numpy()
    assert set(newest) == {10, 11, 20}  # no step starts in a last state
    returns = dict(zip(newest, zip(batch.rewards, batch.discounts, strict=True), strict=True))
    assert returns[10] == (0.5, 0.0) and returns[11] == (1.0, 0.0) and returns[20] == (0.0, 0.5)
    after = dict(zip(newest, batch.next_pictures[:, -1, 0, 0].numpy(), strict=True))
    assert after[20] == 21  # not of the next episode


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A real arm with tiny random priors, its success signal the ground truth."""
    folder = tmp_path_factory.mktemp("scene")
    root = save_tiny_priors(folder / "tiny")
    cell = Cell("pybullet", "press_button", "panda", "sac", f"{root}+oracle-success", 0)
    found = open_scene(cell, Effort(settings={"horizon": 4}), folder)
    yield found
    found.close()


def test_the_simulated_arm_is_a_proper_gym_environment(scene: Any) -> None:
    sight = LatentSight(scene.priors.priors.encoder, 6)
    world = GymWorld(scene.train, sight, scene.settings, verdict_of(scene))
    check_env(world, skip_render_check=True)
    first, _ = world.reset(seed=3)
    again, _ = world.reset(seed=3)
    np.testing.assert_allclose(first["latent"], again["latent"], atol=1e-2)
    world.reset(seed=3)
    ends = [world.step(np.zeros(3, np.float32))[2:4] for _ in range(4)]
    assert ends == [(False, False)] * 3 + [(False, True)]


def test_actions_of_gym_pass_the_gate(scene: Any) -> None:
    world = GymWorld(scene.train, PixelSight(2, 64), scene.settings, None)
    world.reset(seed=0)
    state, reward, _, _, info = world.step(np.full(3, np.nan, np.float32))
    assert info["held"] and np.isfinite(info["action"]).all() and reward == 0.0
    assert state.shape == (6, 64, 64) and state.dtype == np.uint8 and state.max() > 0


def test_success_twice_in_a_row_is_the_reward(scene: Any) -> None:
    world = GymWorld(scene.train, PixelSight(2, 64), scene.settings, lambda picture: True)
    world.reset(seed=0)
    still = np.zeros(3, np.float32)
    assert [world.step(still)[1:3] for _ in range(2)] == [(0.0, False), (1.0, True)]


def test_the_verdict_is_the_success_prior(scene: Any, tmp_path: Path) -> None:
    world = GymWorld(scene.train, PixelSight(2, 64), scene.settings, verdict_of(scene))
    world.reset(seed=0)
    assert world.step(np.zeros(3, np.float32))[1] == 0.0
    assert scene.ledger is not None and not scene.evaluation_robot().truth
