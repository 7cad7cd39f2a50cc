"""The follow-up's learner: a critic that knows, a policy that climbs it, an exact resume."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from learning_world import LATENT_SHAPE, SIDE, PointEncoder, PointWorld, draw, make_record
from test_algorithm import CONFIG, SHORT, success_rate

from fmac_ros.learning.actor import Actor
from fmac_ros.learning.algorithm import train
from fmac_ros.learning.algorithms import LEARNERS, learner_config, make_learner
from fmac_ros.learning.config import ALGORITHMS
from fmac_ros.learning.fac import FacLearner
from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.learning.objectives import reading
from fmac_ros.learning.progress import Progress
from fmac_ros.learning.record import Record
from fmac_ros.learning.store import RunStore
from fmac_ros.learning.tensors import FormatError

SMALL = FacConfig(batch_size=16)
QUICK_RUN = replace(CONFIG, env_steps=400, seed_updates=250, updates_per_step=1.0)
QUICK = FacConfig(learning_rate=1e-3, averaging=0.99, next_latent_noise=0.5)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def make(config: FacConfig = SMALL, seed: int = 0, episodes: int = 2) -> FacLearner:
    learner = FacLearner(config, LATENT_SHAPE, 2, 2, seed)
    for number in range(episodes):
        learner.add(make_record(steps=20, seed=number))
    return learner


def chain(terminated: bool, states: int = 5, seed: int = 0) -> Record:
    """A point that moves from left to right whatever the action; M_V rises on the way."""
    points = np.stack([np.linspace(-0.8, 0.8, states), np.zeros(states)], axis=1)
    latents = PointEncoder().encode(np.stack([draw(p, np.zeros(2)) for p in points]))
    record = make_record(steps=states - 1, seed=seed)
    episode = replace(
        record.episode,
        pictures=np.zeros((states, SIDE, SIDE, 3), np.uint8),
        proprio=points.astype(np.float32),
        terminated=terminated,
        truncated=not terminated,
    )
    rising = np.linspace(0, 1, states).astype(np.float32)
    labels = replace(record.labels, values=rising, imagined=latents[1:])
    return Record(episode, labels, latents)


@pytest.mark.parametrize("n_step", [1, 3])
def test_the_critic_learns_the_value_of_a_chain(n_step: int) -> None:
    config = FacConfig(
        learning_rate=1e-3,
        discount=0.8,
        n_step=n_step,
        shaping=50.0,
        target_rate=0.1,
        actor_every=20,
        batch_size=16,
    )
    learner = make(config, episodes=0)
    for seed in range(10):
        learner.add(chain(terminated=True, seed=seed))
    learner.update(200)
    record = chain(terminated=True, seed=99)
    states = torch.from_numpy(record.latents[:-1]).float()
    q = learner.critic(
        states, torch.from_numpy(record.episode.proprio[:-1]), torch.zeros(len(states), 2)
    )
    expected = 0.8 ** np.arange(3, -1, -1) - 0.5 * record.labels.values[:-1]
    np.testing.assert_allclose(q.detach().numpy().mean(1), expected, atol=0.08)


@pytest.mark.parametrize("sign", [-1, 1])
def test_pi_climbs_the_critic_alone(sign: int) -> None:
    """Episodes of one step succeed where the first component has the sign; nothing else tells."""
    config = FacConfig(
        learning_rate=1e-3, batch_size=16, use_video=False, use_value=False, imitation=0.0
    )
    learner = make(replace(config, averaging=0.0, actor_every=1), episodes=0)
    for seed in range(60):
        record = chain(terminated=True, states=2, seed=seed)
        won = bool(record.episode.actions[0, 0] * sign > 0)
        learner.add(replace(record, episode=replace(record.episode, terminated=won)))
    learner.update(100)
    state = chain(terminated=True, states=2)
    actor = Actor.from_bytes(learner.parameters())
    rng = np.random.default_rng(0)
    action = actor.act(state.latents[0], state.episode.proprio[0], True, rng)
    assert sign * action[0] > 0.4


def test_claims_that_were_rejected_and_time_limits_are_no_success() -> None:
    learner = make(episodes=0)
    learner.add(chain(terminated=False))
    learner.add(replace(chain(terminated=True), rejected="a person says no"))
    index = learner.replay.draw(64, learner.rng, share=0.5)
    assert not learner.replay.solved(index).any()
    assert not learner.replay.look_ahead(index, 10).claimed.any()
    learner.add(chain(terminated=True))
    index = learner.replay.draw(64, learner.rng, share=0.5)
    solved = learner.replay.solved(index)
    assert solved[32:].all() and not solved[:32].all()
    assert (learner.replay.look_ahead(index, 10).claimed == solved).all()


def test_state_continues_exactly() -> None:
    whole = make()
    whole.update(6)
    first = make()
    first.update(3)
    resumed = make(seed=3)
    resumed.load_state(first.state())
    resumed.update(3)
    assert resumed.updates == 6 and resumed.state() == whole.state()


def test_the_state_of_the_other_algorithm_is_refused() -> None:
    other = make_learner("fmac", learner_config("fmac", {}), LATENT_SHAPE, 2, 2, 0)
    with pytest.raises(FormatError, match="valid: 'fmac_ros.fac_learner/1'"):
        make().load_state(other.state())


def test_parameters_carry_the_critic_only_where_it_chooses() -> None:
    latent, proprio = np.zeros(LATENT_SHAPE, np.float16), np.zeros(2, np.float32)
    plain = Actor.from_bytes(make().parameters())
    assert not plain.chooses
    with pytest.raises(ValueError, match="no critic"):
        plain.choose(latent, proprio, latent, True, np.random.default_rng(0))
    assert Actor.from_bytes(make(replace(SMALL, choose_by_q=True)).parameters()).chooses


def test_the_better_action_by_q_acts() -> None:
    learner = make(replace(SMALL, choose_by_q=True))
    learner.update(3)
    actor = Actor.from_bytes(learner.parameters())
    rng, gone = np.random.default_rng(0), set()
    for _ in range(40):
        latent, imagined = rng.standard_normal((2, *LATENT_SHAPE)).astype(np.float16)
        proprio = rng.standard_normal(2).astype(np.float32)
        options = (
            actor.act(latent, proprio, True, rng),
            actor.infer(latent, proprio, imagined, True, rng),
        )
        state = torch.from_numpy(latent).float()[None], torch.from_numpy(proprio)[None]
        with torch.no_grad():
            q = [learner.slow_critic(*state, torch.from_numpy(a)[None]).min() for a in options]
        chosen = actor.choose(latent, proprio, imagined, True, rng)
        np.testing.assert_array_equal(chosen, options[int(np.argmax(q))])
        gone.add(int(np.argmax(q)))
    assert gone == {0, 1}


def test_kl_weight_and_latent_noise_reach_pi_and_the_critic() -> None:
    plain = make(SMALL).update(1)
    weighted = make(replace(SMALL, kl_weight="certain")).update(1)
    assert weighted["policy_loss"] != plain["policy_loss"]
    assert weighted["critic_loss"] == plain["critic_loss"]
    noisy = make(replace(SMALL, latent_noise=1.0)).update(1)
    assert noisy["rho_loss"] == plain["rho_loss"]
    assert noisy["critic_loss"] != plain["critic_loss"]


def test_informed_guidance_is_drawn_in_by_what_rho_reads() -> None:
    learner = make(replace(SMALL, kl_weight="informed"))
    learner.update(1)
    batch = learner.replay.sample(16, np.random.default_rng(0))
    with torch.no_grad():
        still, moved = (
            learner.rho(batch.latents, batch.proprio, to).mean
            for to in (batch.latents, batch.reached)
        )
    share = reading(still, moved, batch.actions)
    guide = learner._guide(batch)
    rho = learner.rho(batch.latents, batch.proprio, batch.imagined)
    torch.testing.assert_close(guide.mean, share * rho.mean.detach())
    assert not guide.mean.requires_grad
    other = make(SMALL)
    expected = other.rho(batch.latents, batch.proprio, batch.imagined).mean.detach()
    torch.testing.assert_close(other._guide(batch).mean, expected)


def test_settings_name_what_is_valid() -> None:
    with pytest.raises(ValueError, match="use_success is False, valid: True"):
        FacConfig(use_success=False)
    with pytest.raises(ValueError, match="choose_by_q is True, valid: False without the video"):
        FacConfig(choose_by_q=True, use_video=False)
    with pytest.raises(ValueError, match="discount is 1.0.*at most 0.9999"):
        FacConfig(discount=1.0)


def test_every_algorithm_has_a_learner_and_takes_its_own_settings() -> None:
    assert tuple(LEARNERS) == ALGORITHMS
    given = {"beta": 3.0, "discount": 0.5, "batch_size": 8, "task": "t"}
    assert learner_config("fac", given) == FacConfig(discount=0.5, batch_size=8)
    with pytest.raises(ValueError, match="valid: fmac, fac"):
        learner_config("sac", {})


def run(
    folder: Path, config: FacConfig, steps: int | None = None
) -> tuple[PointWorld, FacLearner, Progress]:
    """Start a run in ``folder`` or resume it, to the end or for ``steps``."""
    settings = QUICK_RUN if steps is None else replace(SHORT, env_steps=steps)
    world = PointWorld()
    learner = FacLearner(config, LATENT_SHAPE, 2, 2, settings.seed)
    exists = (folder / "config.json").exists()
    store = RunStore.open(folder) if exists else RunStore.create(folder, {})
    try:
        settings = replace(settings, algorithm="fac")
        progress = train(world, world, learner, PointEncoder(), store, settings, (world,))
    finally:
        store.close()
    return world, learner, progress


def behaviours(folder: Path) -> list[str]:
    store = RunStore.open(folder, writable=False)
    return [record.episode.behaviour for record in store.records()]


def test_warm_start_follows_the_video_and_survives_a_resume(tmp_path: Path) -> None:
    config = replace(SMALL, warm_start=3)
    _, whole, _ = run(tmp_path / "whole", config, steps=120)
    run(tmp_path / "again", config, steps=60)
    _, again, _ = run(tmp_path / "again", config, steps=120)
    seen = [b for b in behaviours(tmp_path / "again") if b != "random"]
    assert seen[:4] == ["prior", "prior", "prior", "policy"] and "prior" not in seen[4:]
    assert again.state() == whole.state()


def test_without_the_video_prior_there_is_no_warm_start(tmp_path: Path) -> None:
    run(tmp_path / "run", replace(SMALL, use_video=False), steps=80)
    assert "prior" not in behaviours(tmp_path / "run")


@pytest.mark.slow
def test_a_trivial_world_is_solved(tmp_path: Path) -> None:
    world, _, progress = run(tmp_path / "run", QUICK)
    assert progress.updates == QUICK_RUN.updates_due(progress.env_steps)
    assert success_rate(world) >= 0.9
