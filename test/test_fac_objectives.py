"""What fac minimises, against independent arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from learning_world import LATENT_SHAPE, make_record
from test_objectives import gaussian, reference
from torch.distributions import kl_divergence

from fmac_ros.learning import fac_objectives
from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.learning.objectives import guidance
from fmac_ros.learning.replay import Ahead, Batch, ReplayBuffer
from fmac_ros.trust.weights import PriorWeights

CONFIG = FacConfig(discount=0.9, success_reward=100.0, shaping=50.0)
VALUES = torch.tensor([0.2, 0.6, 0.8])
NEXT_Q = torch.tensor([[0.5, 0.6], [0.5, 0.4], [0.3, 0.2]])


def ahead(claimed: float, steps: float = 1.0) -> Ahead:
    nothing, whole = torch.zeros(3, 1), torch.ones(3)
    return Ahead(nothing, nothing, torch.tensor([0.3, 0.5, 0.9]), steps * whole, claimed * whole)


def test_a_claimed_success_ends_the_return() -> None:
    target = fac_objectives.critic_target(VALUES, ahead(claimed=1.0), NEXT_Q, CONFIG)
    torch.testing.assert_close(target, 1.0 - 0.5 * VALUES)


def test_the_time_limit_does_not_end_the_return() -> None:
    target = fac_objectives.critic_target(VALUES, ahead(claimed=0.0), NEXT_Q, CONFIG)
    shaping = 0.5 * (0.9 * torch.tensor([0.3, 0.5, 0.9]) - VALUES)
    torch.testing.assert_close(target, shaping + 0.9 * torch.tensor([0.5, 0.4, 0.2]))


def test_several_steps_are_the_sum_of_single_ones() -> None:
    values = [0.1, 0.4, 0.3, 0.9]
    config = CONFIG

    def reward(first: int, last: int, claimed: float) -> float:
        steps = torch.tensor([float(last - first)])
        end = Ahead(steps, steps, torch.tensor([values[last]]), steps, torch.tensor([claimed]))
        return fac_objectives.shaped_reward(torch.tensor([values[first]]), end, config).item()

    for claimed in (0.0, 1.0):
        single = [reward(0, 1, 0.0), reward(1, 2, 0.0), reward(2, 3, claimed)]
        expected = sum(0.9**k * r for k, r in enumerate(single))
        assert reward(0, 3, claimed) == pytest.approx(expected, abs=1e-6)


def test_a_critic_out_of_bounds_is_not_believed() -> None:
    wild = torch.full((3, 2), 9.0)
    high = fac_objectives.critic_target(VALUES, ahead(0.0), wild, CONFIG)
    low = fac_objectives.critic_target(VALUES, ahead(0.0), -wild, CONFIG)
    torch.testing.assert_close(high, 1.0 - 0.5 * VALUES)
    torch.testing.assert_close(low, -0.5 * VALUES)


def test_weights_and_switches_scale_their_term() -> None:
    won = ahead(claimed=1.0)
    half = PriorWeights(value=0.5, success=0.25)
    reward = fac_objectives.shaped_reward(VALUES, won, CONFIG, half)
    torch.testing.assert_close(reward, 0.25 - 0.25 * VALUES)
    alone = fac_objectives.shaped_reward(VALUES, won, replace(CONFIG, use_value=False))
    torch.testing.assert_close(alone, torch.ones(3))


def solve(reward: np.ndarray, nexts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Q by value iteration: (s, a) rewards, next states; ``ends`` marks terminal states."""
    q = np.zeros(reward.shape)
    for _ in range(400):
        q = reward + CONFIG.discount * (1 - ends[nexts]) * q.max(1)[nexts]
    return q


@pytest.mark.parametrize("seed", range(5))
def test_shaping_leaves_every_optimal_action_as_it_is(seed: int) -> None:
    """In random decision processes, whatever the value prior says, right or wrong."""
    rng = np.random.default_rng(seed)
    states, actions = 12, 4
    nexts = rng.integers(states, size=(states, actions))
    ends = np.zeros(states)
    ends[[0, 1]] = 1.0
    values = rng.uniform(-2, 2, states)
    end = Ahead(
        *(torch.zeros(1), torch.zeros(1), torch.from_numpy(values[nexts])),
        *(torch.ones(nexts.shape), torch.from_numpy(ends[nexts])),
    )
    start = torch.from_numpy(values)[:, None].expand(nexts.shape)
    shaped = solve(fac_objectives.shaped_reward(start, end, CONFIG).numpy(), nexts, ends)
    plain = solve(ends[nexts], nexts, ends)
    inside = ends == 0
    potential = fac_objectives.potential(torch.from_numpy(values), CONFIG).numpy()
    np.testing.assert_allclose((shaped + potential[:, None])[inside], plain[inside], atol=1e-9)
    assert (shaped[inside].argmax(1) != values[nexts][inside].argmax(1)).any()


@pytest.fixture
def batch() -> Batch:
    buffer = ReplayBuffer(100, LATENT_SHAPE, 2, 2)
    buffer.add(make_record(steps=5))
    return buffer.everything()


def test_actor_loss_is_its_three_terms(batch: Batch) -> None:
    pi, rho = gaussian(1), gaussian(2)
    torch.manual_seed(0)  # where the terms all but cancel, float32 actions show
    q = torch.rand(5, 2, dtype=torch.float64)
    solved = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0])
    done = torch.distributions.Independent(
        torch.distributions.Normal(batch.actions.double(), CONFIG.imitation_std), 1
    )
    imitated = kl_divergence(reference(pi), done)[[0, 3]].mean()
    expected = guidance(pi, rho, CONFIG) + imitated - 100.0 * q.amin(1).mean()
    actual = fac_objectives.actor_loss(pi, rho, q, batch, solved, CONFIG)
    torch.testing.assert_close(actual, expected)


def test_without_a_success_nothing_is_imitated(batch: Batch) -> None:
    assert fac_objectives.imitation(gaussian(1), batch, torch.zeros(5), CONFIG) == 0
