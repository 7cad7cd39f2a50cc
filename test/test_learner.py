"""The learner learns what it should, repeatably, and comes back exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from learning_world import LATENT_SHAPE, make_record

from fmac_ros.learning.actor import Actor
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.record import Record
from fmac_ros.learning.tensors import FormatError

SMALL = LearnerConfig(batch_size=16)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def make_learner(config: LearnerConfig = SMALL, seed: int = 0, episodes: int = 2) -> Learner:
    learner = Learner(config, LATENT_SHAPE, 2, 2, seed)
    for number in range(episodes):
        learner.add(make_record(steps=20, seed=number))
    return learner


def linear_record(seed: int, steps: int = 40) -> Record:
    """Latents that move along two fixed directions by exactly the action."""
    record = make_record(steps=steps, seed=seed)
    directions = np.random.default_rng(99).standard_normal((2, *LATENT_SHAPE))
    moved = np.concatenate([np.zeros((1, 2)), record.episode.actions.cumsum(0)])
    latents = np.einsum("ta,achw->tchw", moved, directions).astype(np.float16)
    successes = np.zeros(steps + 1, np.float32)
    labels = replace(record.labels, imagined=latents[1:], successes=successes)
    return Record(record.episode, labels, latents)


def test_eq_1_recovers_a_linear_action() -> None:
    learner = Learner(LearnerConfig(learning_rate=1e-3), LATENT_SHAPE, 2, 2, seed=0)
    for seed in range(8):
        learner.add(linear_record(seed))
    learner.update_inverse_dynamics(400)
    unseen = linear_record(seed=100)
    learner.replay.add(unseen)
    actor = Actor.from_bytes(learner.parameters())
    rng = np.random.default_rng(0)
    errors = [
        actor.infer(z, p, z_next, True, rng) - action
        for z, z_next, p, action in zip(
            unseen.latents,
            unseen.latents[1:],
            unseen.episode.proprio,
            unseen.episode.actions,
            strict=False,
        )
    ]
    assert np.abs(errors).mean() < 0.12  # of actions with a mean size of 0.5


def test_same_seed_same_weights_other_seed_others() -> None:
    def train(seed: int) -> bytes:
        learner = make_learner(seed=seed)
        learner.update(3)
        return learner.parameters()

    assert train(0) == train(0)
    assert train(0) != train(1)


def test_a_few_updates_give_what_they_always_gave() -> None:
    """Those of rho are from before there was a second algorithm, those of pi from when its
    detector got a second convolution; bits may differ between processors."""
    metrics = make_learner(replace(SMALL, looks=1)).update(5)
    kept = {
        "rho_loss": 2.417998695,
        "rho_error": 0.465656757,
        "policy_loss": 99.048362732,
        "policy_kl": 0.294070017,
        "policy_gradient": 375.283996582,
        "advantage": 54.992458344,
    }
    assert {name: metrics[name] for name in kept} == pytest.approx(kept, rel=1e-3)


def test_latent_noise_is_for_the_policy_alone() -> None:
    plain, noisy = make_learner(), make_learner(replace(SMALL, latent_noise=1.0))
    before, after = plain.update(1), noisy.update(1)
    for name in ("rho_loss", "rho_gradient", "advantage"):
        assert after[name] == before[name]
    assert after["policy_loss"] != before["policy_loss"]


def test_latent_noise_counts_in_one_step_changes() -> None:
    learner = make_learner(replace(SMALL, latent_noise=0.5))
    learner.update(1)
    index = learner.replay.draw(500, np.random.default_rng(0))
    latents = learner.replay.gather(index).latents
    added = (learner._seen(index) - latents) / learner.rho.change.scale
    assert added.std() == pytest.approx(0.5, rel=0.1)


def test_making_a_learner_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    make_learner()
    assert torch.rand(1) == expected


def test_state_continues_exactly() -> None:
    whole = make_learner()
    whole.update(6)
    first = make_learner()
    first.update(2)
    resumed = make_learner(seed=3)
    resumed.load_state(first.state())
    resumed.update(4)
    assert resumed.updates == 6
    assert resumed.state() == whole.state()


def test_state_before_the_first_update_continues_exactly() -> None:
    whole, resumed = make_learner(), make_learner(seed=3)
    resumed.load_state(make_learner().state())
    for learner in (whole, resumed):
        learner.update(2)
    assert resumed.state() == whole.state()


def test_foreign_truncated_and_misfitting_states_are_refused() -> None:
    learner = make_learner()
    state = learner.state()
    with pytest.raises(FormatError, match="truncated"):
        learner.load_state(state[: len(state) // 2])
    with pytest.raises(FormatError, match="valid: 'fmac_ros.learner/1'"):
        learner.load_state(learner.parameters())
    with pytest.raises(FormatError, match="valid: shape"):
        Learner(SMALL, LATENT_SHAPE, 3, 2, seed=0).load_state(state)


def test_a_loss_that_is_not_finite_stops_with_its_equation() -> None:
    learner = make_learner()
    learner.update(1)
    with torch.no_grad():
        learner.rho.head.linear.bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="Eq. 1"):
        learner.update(1)


def test_an_update_without_data_says_so() -> None:
    with pytest.raises(ValueError, match="add one before an update"):
        make_learner(episodes=0).update(1)


def test_metrics_are_finite_and_gradients_are_clipped() -> None:
    learner = make_learner(replace(SMALL, max_gradient_norm=0.01))
    metrics = learner.update(5)
    assert np.isfinite(list(metrics.values())).all()
    norms = [p.grad.norm() for p in learner.policy.parameters() if p.grad is not None]
    assert metrics["policy_gradient"] > 0.01 >= torch.stack(norms).norm() * 0.999
