"""Both equations against independent arithmetic."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from learning_world import LATENT_SHAPE, make_record
from torch.distributions import Independent, Normal, kl_divergence

from fmac_ros.learning import objectives
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.networks import Gaussian
from fmac_ros.learning.replay import Batch, ReplayBuffer


def gaussian(seed: int, size: int = 5) -> Gaussian:
    generator = torch.Generator().manual_seed(seed)
    mean = torch.rand((size, 2), generator=generator, dtype=torch.float64) - 0.5
    std = torch.rand((size, 2), generator=generator, dtype=torch.float64) * 0.5 + 0.3
    return Gaussian(mean, std)


def reference(gaussian: Gaussian) -> Independent:
    return Independent(Normal(gaussian.mean, gaussian.std), 1)


@pytest.fixture
def batch() -> Batch:
    buffer = ReplayBuffer(100, LATENT_SHAPE, 2, 2)
    buffer.add(make_record(steps=5))
    batch = buffer.everything()
    return replace(batch, purposeful=torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0]))


def test_kl_and_density_agree_with_torch() -> None:
    p, q = gaussian(1), gaussian(2)
    expected = kl_divergence(reference(p), reference(q))
    torch.testing.assert_close(objectives.kl_divergence(p, q), expected)
    torch.testing.assert_close(p.log_prob(q.mean), reference(p).log_prob(q.mean))


def test_kl_is_zero_only_at_the_same_gaussian() -> None:
    p = gaussian(1)
    assert objectives.kl_divergence(p, p).abs().max() < 1e-12
    assert objectives.kl_divergence(p, gaussian(2)).min() > 0


def test_advantage_is_that_of_equation_2(batch: Batch) -> None:
    config = LearnerConfig(beta=100.0)
    expected = 100.0 * batch.next_successes + batch.next_values - batch.values
    torch.testing.assert_close(objectives.advantage(batch, config), expected)


def test_switches_remove_their_term_and_nothing_else(batch: Batch) -> None:
    change = batch.next_values - batch.values
    no_success = objectives.advantage(batch, LearnerConfig(use_success=False))
    torch.testing.assert_close(no_success, change)
    no_value = objectives.advantage(batch, LearnerConfig(use_value=False))
    torch.testing.assert_close(no_value, 100.0 * batch.next_successes)
    pi, rho = gaussian(1), gaussian(2)
    assert objectives.guidance(pi, rho, LearnerConfig(use_video=False)) == 0
    assert objectives.guidance(pi, rho, LearnerConfig()) > 0


@pytest.mark.parametrize("name", sorted(objectives.POLICY_LOSSES))
def test_gradient_of_equation_2_by_finite_differences(name: str, batch: Batch) -> None:
    config, rho, start = LearnerConfig(), gaussian(2), gaussian(1)

    def loss(mean: torch.Tensor, std: torch.Tensor) -> torch.Tensor:
        return objectives.POLICY_LOSSES[name](Gaussian(mean, std), rho, batch, config)

    inputs = (start.mean.requires_grad_(), start.std.requires_grad_())
    assert torch.autograd.gradcheck(loss, inputs)


def test_literal_loss_is_written_out_equation_2(batch: Batch) -> None:
    pi, rho = gaussian(1), gaussian(2)
    advantage = 100 * batch.next_successes + batch.next_values - batch.values
    kl = kl_divergence(reference(pi), reference(rho))
    expected = (kl - advantage * reference(pi).log_prob(batch.actions)).mean()
    actual = objectives.literal_policy_loss(pi, rho, batch, LearnerConfig())
    torch.testing.assert_close(actual, expected)


def test_a_sure_rho_counts_with_the_floor() -> None:
    pi, rho = gaussian(1), gaussian(2)
    sure = Gaussian(rho.mean, torch.full_like(rho.std, 0.1))
    floor = Gaussian(rho.mean, torch.full_like(rho.std, objectives.RHO_STD_IN_KL))
    expected = objectives.kl_divergence(pi, floor).mean()
    torch.testing.assert_close(objectives.guidance(pi, sure, LearnerConfig()), expected)


def test_a_surer_rho_counts_more_and_the_mean_is_one() -> None:
    rho = gaussian(2)
    weight = objectives.certainty(rho)
    torch.testing.assert_close(weight.mean(), torch.ones((), dtype=torch.float64))
    assert weight.argsort().tolist() == rho.std.log().mean(-1).argsort(descending=True).tolist()
    # Below the floor of the KL term the difference counts as well.
    sure = Gaussian(rho.mean, torch.tensor([[0.1] * 2, [0.2] * 2, *[[0.8] * 2] * 3]))
    weight = objectives.certainty(sure)
    assert weight[0] == pytest.approx(2 * weight[1]) and weight[0] == pytest.approx(8 * weight[4])


def test_kl_weight_scales_each_state_and_leaves_equal_ones_alone() -> None:
    pi, rho, config = gaussian(1), gaussian(2), LearnerConfig(kl_weight="certain")
    expected = (objectives.certainty(rho) * objectives.kl_divergence(pi, rho)).mean()
    torch.testing.assert_close(objectives.guidance(pi, rho, config), expected)
    assert objectives.guidance(pi, rho, config) != objectives.guidance(pi, rho, LearnerConfig())
    equal = Gaussian(rho.mean, torch.full_like(rho.std, 0.5))
    plain = objectives.guidance(pi, equal, LearnerConfig())
    torch.testing.assert_close(objectives.guidance(pi, equal, config), plain)


def test_certainty_gets_no_gradient() -> None:
    rho = gaussian(2)
    assert not objectives.certainty(Gaussian(rho.mean, rho.std.requires_grad_())).requires_grad


def test_reading_is_the_share_of_the_error_that_the_next_state_takes_away() -> None:
    actions = torch.randn(500, 3)
    still = torch.stack([torch.zeros(500), actions[:, 1] + 0.5, torch.zeros(500)], 1)
    moved = torch.stack([actions[:, 0], actions[:, 1] + 0.5, 2 * actions[:, 2] - 1], 1)
    torch.testing.assert_close(
        objectives.reading(still, moved, actions), torch.tensor([1.0, 0.0, 0.0])
    )
    half = torch.stack([actions[:, 0] / 2], 1)
    share = objectives.reading(still[:, :1], half, actions[:, :1])
    assert share.item() == pytest.approx(0.75)


def test_informed_weighs_the_kl_terms_of_rho_and_of_a_wide_gaussian() -> None:
    rho = Gaussian(torch.tensor([[0.8, 0.8, -0.8]]), torch.tensor([[0.4, 0.5, 0.1]]))
    share = torch.tensor([1.0, 0.0, 0.5])
    given = objectives.informed(rho, share)
    torch.testing.assert_close(given.mean[0, :2], torch.tensor([0.8, 0.0]))
    torch.testing.assert_close(given.std[0, :2], torch.tensor([0.4, objectives.UNREAD_STD]))

    wide = Gaussian(torch.zeros(1, 3), torch.full((1, 3), objectives.UNREAD_STD))

    def slopes(target: Gaussian, weight: torch.Tensor) -> torch.Tensor:
        mean = torch.tensor([[0.3, 0.3, 0.3]], requires_grad=True)
        pi = Gaussian(mean, torch.full((1, 3), 0.5))
        (slope,) = torch.autograd.grad(objectives.kl_divergence(pi, target).sum(), mean)
        return weight * slope

    floored = rho.at_least(objectives.RHO_STD_IN_KL)
    both = slopes(floored, share) + slopes(wide, 1.0 - share)
    torch.testing.assert_close(slopes(given, torch.ones(3)), both)


def test_stabilised_ignores_random_play_and_negative_advantage(batch: Batch) -> None:
    config = LearnerConfig(use_video=False, use_success=False)
    pi = gaussian(1)
    mean = pi.mean.requires_grad_()
    objectives.stabilised_policy_loss(pi, gaussian(2), batch, config).backward()
    assert mean.grad is not None
    counts = (batch.purposeful > 0) & (batch.next_values > batch.values)
    assert counts.any() and not counts.all()
    assert ((mean.grad != 0).any(1) == counts).all()


def test_rho_gets_no_gradient_from_equation_2(batch: Batch) -> None:
    rho = gaussian(2)
    mean = rho.mean.requires_grad_()
    pi = gaussian(1)
    pi.mean.requires_grad_()
    objectives.literal_policy_loss(pi, rho, batch, LearnerConfig()).backward()
    assert mean.grad is None
