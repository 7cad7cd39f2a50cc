"""What Foundation-guided Actor-Critic minimises: "Reinforcement Learning with Foundation
Priors" (Ye et al., CoRL 2024, arXiv 2310.02635). Departures: docs/method.md."""

from __future__ import annotations

import torch
from torch import Tensor

from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.learning.networks import Gaussian
from fmac_ros.learning.objectives import ALL, guidance, kl_divergence
from fmac_ros.learning.replay import Ahead, Batch
from fmac_ros.trust.weights import PriorWeights


def potential(values: Tensor, config: FacConfig, weights: PriorWeights = ALL) -> Tensor:
    """Phi(s) = w shaping M_V(s) / lambda, in units of lambda; 0 without the value prior."""
    scale = config.shaping * weights.value / config.success_reward if config.use_value else 0.0
    return scale * values


def shaped_reward(
    values: Tensor, ahead: Ahead, config: FacConfig, weights: PriorWeights = ALL
) -> Tensor:
    """Discounted reward of the m steps from s_t to s_{t+m}, in units of lambda -> (b,).

        gamma^(m-1) M_R(s_{t+m}) + gamma^m Phi(s_{t+m}) - Phi(s_t)

    The shaping of the single steps, gamma Phi(s') - Phi(s), telescopes to its ends. M_R counts
    where it ended the episode. Phi of such a last state is 0, else the way an episode ends
    would be paid for (Ng et al., 1999).

    Args:
        values: (b,) M_V(s_t).
    """
    success = weights.success * config.discount ** (ahead.steps - 1) * ahead.claimed
    gained = (1 - ahead.claimed) * potential(ahead.values, config, weights)
    shaping = config.discount**ahead.steps * gained - potential(values, config, weights)
    return success + shaping


def critic_target(
    values: Tensor,
    ahead: Ahead,
    next_q: Tensor,
    config: FacConfig,
    weights: PriorWeights = ALL,
) -> Tensor:
    """r + gamma^m (1 - claimed) min_i Q_i(s_{t+m}, a') -> (b,).

    A claimed success ends the return; the time limit does not. The sum is kept to what can be
    earned at all: between nothing and one success, less Phi(s_t).

    Args:
        values: (b,) M_V(s_t).
        next_q: (b, 2) of the slow critic at s_{t+m} and an action of pi there.
    """
    goes_on = (1 - ahead.claimed) * config.discount**ahead.steps
    total = shaped_reward(values, ahead, config, weights) + goes_on * next_q.amin(-1)
    spent = potential(values, config, weights)
    return torch.clamp(total, min=-spent, max=weights.success - spent)


def critic_loss(q: Tensor, target: Tensor) -> Tensor:
    """Mean square error of both estimates (b, 2) from one target (b,), summed over both."""
    return (q - target[:, None]).square().sum(-1).mean()


def actor_loss(
    pi: Gaussian,
    rho: Gaussian,
    q: Tensor,
    batch: Batch,
    solved: Tensor,
    config: FacConfig,
    weights: PriorWeights = ALL,
) -> Tensor:
    """-lambda Q(s, a ~ pi) + KL(pi || rho(s_t, s_hat_{t+1})) + KL(pi || N(a_t, sigma^2)).

    The last term is a mean over the steps of successful episodes alone.

    Args:
        q: (b, 2) at an action that pi drew, in units of lambda.
        solved: (b,) 1 where a_t is of a successful episode.
    """
    earned = config.success_reward * q.amin(-1).mean()
    return guidance(pi, rho, config, weights) + imitation(pi, batch, solved, config) - earned


def imitation(pi: Gaussian, batch: Batch, solved: Tensor, config: FacConfig) -> Tensor:
    """KL(pi || N(a_t, sigma^2)), mean over the rows that are ``solved``; 0 without any."""
    done = Gaussian(batch.actions, torch.full_like(batch.actions, config.imitation_std))
    total = (solved * kl_divergence(pi, done)).sum()
    return config.imitation * total / solved.sum().clamp(min=1.0)
