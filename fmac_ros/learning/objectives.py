"""Eq. 1 and Eq. 2 of "A Hypothetical Framework of Embodied Generalist Agent with Foundation
Model Assistance" (Ye et al., 2023), section 2.2."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from fmac_ros.learning.config import CERTAIN, CommonConfig, LearnerConfig
from fmac_ros.learning.networks import Gaussian
from fmac_ros.learning.replay import Batch
from fmac_ros.trust.weights import PriorWeights

RHO_STD_IN_KL = 0.3  # a surer rho makes the KL term of Eq. 2 steep and drowns the advantage
UNREAD_STD = 1.0  # of the Gaussian around 0 that guides what rho does not read

ALL = PriorWeights()

PolicyLoss = Callable[[Gaussian, Gaussian, Batch, LearnerConfig, PriorWeights], Tensor]


def kl_divergence(p: Gaussian, q: Gaussian) -> Tensor:
    """KL(p || q) of diagonal Gaussians in closed form, summed over components -> (b,)."""
    ratio = (p.std / q.std).square()
    shift = ((p.mean - q.mean) / q.std).square()
    return 0.5 * (ratio + shift - 1.0 - ratio.log()).sum(-1)


def inverse_dynamics_loss(rho: Gaussian, actions: Tensor) -> Tensor:
    """Eq. 1: L^rho = KL(rho(s_t, s_{t+1}), a_t).

    The action is one point, so its KL from a Gaussian is read as KL(delta(a_t) || rho),
    which is the negative log-likelihood -log rho(a_t) up to a constant. The other
    direction, KL(rho || delta), is infinite.
    """
    return -rho.log_prob(actions).mean()


def advantage(batch: Batch, config: LearnerConfig, weights: PriorWeights = ALL) -> Tensor:
    """A^pi = beta M_R(s_{t+1}) + (M_V(s_{t+1}) - M_V(s_t)) of Eq. 2 -> (b,).

    ``weights`` scale each prior's term; all 1 is the paper's.
    """
    total = batch.values.new_zeros(batch.values.shape)
    if config.use_success:
        total = total + weights.success * config.beta * batch.next_successes
    if config.use_value:
        total = total + weights.value * (batch.next_values - batch.values)
    return total


def guidance(
    pi: Gaussian, rho: Gaussian, config: CommonConfig, weights: PriorWeights = ALL
) -> Tensor:
    """KL(pi(s_t|T), rho(s_t, s_hat_{t+1})) of Eq. 2, mean over the batch.

    rho is a constant here: L^pi is minimised over pi alone. Its standard deviation counts
    as RHO_STD_IN_KL or more. With ``kl_weight: certain``, which is not in the paper, the mean is
    weighted by ``certainty``.
    """
    if not config.use_video:
        return pi.mean.new_zeros(())
    target = Gaussian(rho.mean.detach(), rho.std.detach()).at_least(RHO_STD_IN_KL)
    divergence = kl_divergence(pi, target)
    if config.kl_weight == CERTAIN:
        divergence = certainty(rho) * divergence
    return weights.video * divergence.mean()


def certainty(rho: Gaussian) -> Tensor:
    """How sure rho is of each action, against the mean of the batch -> (b,), without gradient.

        w = c / mean(c),    c = exp(-mean log std)

    Our addition. Where rho cannot tell what leads to an imagined frame, that frame says little
    of what to do. c is the inverse of the geometric mean of rho's own standard deviations, before
    the floor of the KL term; they are bounded, so c is between 1 and 10. With a mean of 1 the
    balance with the advantage term stays.
    """
    sure = (-rho.std.detach().log().mean(-1)).exp()
    return sure / sure.mean()


def reading(still: Tensor, moved: Tensor, actions: Tensor) -> Tensor:
    """Share of rho's error that seeing s_{t+1} takes away, of each component -> (a,) in [0, 1].

    Args:
        still: (b, a), the mean of rho(s_t, s_t), which has seen no step.
        moved: (b, a), that of rho(s_t, s_{t+1}).
        actions: (b, a), what was done.
    """
    before, after = ((mean - actions).square().mean(0) for mean in (still, moved))
    return (1.0 - after / before.clamp(min=1e-6)).clamp(0.0, 1.0)


def informed(rho: Gaussian, share: Tensor) -> Gaussian:
    """rho where it reads s_{t+1}, hardly anything where it does not.

        N(mean, std^2) ~ rho^w N(0, UNREAD_STD^2)^(1 - w),    of each component

    so that its KL term is w times that of rho, and 1 - w times that of the wide Gaussian. Our
    addition. What rho knows of a component from s_t alone is the habit of whoever acted, such
    as a gripper left as it is told; an imagined frame cannot speak through it.

    Args:
        share: (a,), w, of :func:`reading`.
    """
    read = share / rho.at_least(RHO_STD_IN_KL).std.square()
    precision = read + (1.0 - share) / UNREAD_STD**2
    return Gaussian(read * rho.mean / precision, precision.rsqrt())


def literal_policy_loss(
    pi: Gaussian,
    rho: Gaussian,
    batch: Batch,
    config: LearnerConfig,
    weights: PriorWeights = ALL,
) -> Tensor:
    """Eq. 2 as written, over all of D:

        L^pi = KL(pi(s_t|T), rho(s_t, s_hat_{t+1})) - alpha A^pi log pi(a_t|s_t, T)

    D holds old and random play, so this is off-policy without a correction. A negative A
    then pushes pi away from a stored action, and -log pi grows as it succeeds: only the
    bounds of pi's mean and standard deviation end that.
    """
    weighted = advantage(batch, config, weights) * pi.log_prob(batch.actions)
    return guidance(pi, rho, config, weights) - config.alpha * weighted.mean()


def stabilised_policy_loss(
    pi: Gaussian,
    rho: Gaussian,
    batch: Batch,
    config: LearnerConfig,
    weights: PriorWeights = ALL,
) -> Tensor:
    """Eq. 2 with the advantage term kept to what off-policy data can support:

        L^pi = KL(pi, rho) - alpha 1[not random play] max(A^pi, 0) log pi(a_t|s_t, T)

    Two departures. Negative advantages count as zero, because -|A| log pi rewards pi without
    limit for leaving actions that it may no longer take. Random play counts only for the KL
    term, because its changes of M_V are mostly the noise of M_V.
    """
    weight = advantage(batch, config, weights).clamp(min=0.0) * batch.purposeful
    weighted = weight * pi.log_prob(batch.actions)
    return guidance(pi, rho, config, weights) - config.alpha * weighted.mean()


POLICY_LOSSES: dict[str, PolicyLoss] = {
    "literal": literal_policy_loss,
    "stabilised": stabilised_policy_loss,
}
