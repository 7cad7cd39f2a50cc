"""The algorithm ``fac``: Foundation-guided Actor-Critic, the follow-up of the paper.

A learned critic takes the place of the priors' own advantage; see ``fac_objectives``.
"""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fmac_ros.learning.base_learner import BaseLearner, follow
from fmac_ros.learning.critic import TwinCritic
from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.learning.fac_objectives import actor_loss, critic_loss, critic_target
from fmac_ros.learning.networks import Gaussian, LatentShape
from fmac_ros.learning.objectives import kl_divergence
from fmac_ros.learning.parameters import pack_parameters
from fmac_ros.learning.replay import Ahead, Batch
from fmac_ros.learning.sentences import Sentences
from fmac_ros.precision import has_fast_bfloat16


class FacLearner(BaseLearner):
    """rho by Eq. 1, a twin critic, and pi that climbs it close to the priors."""

    config: FacConfig
    kind = "fmac_ros.fac_learner/1"

    def __init__(
        self,
        config: FacConfig,
        latent_shape: LatentShape,
        proprio_size: int,
        action_size: int,
        seed: int,
        folder: Path | None = None,
        sentences: Sentences | None = None,
    ) -> None:
        super().__init__(config, latent_shape, proprio_size, action_size, seed, folder, sentences)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(np.random.SeedSequence([seed, 1]).generate_state(1)[0]))
            critic = TwinCritic(latent_shape, proprio_size, action_size, self._sentence_size)
        self.critic = critic.to(self.device)
        self._fit_sentences(self.critic.trunk)
        self.slow_critic = copy.deepcopy(self.critic)
        self.critic_optimiser = self._adam(self.critic)
        for network in (self.policy, self.slow_critic):  # the target is a draw anyway
            network.trunk.look.rough = self.device.type == "cpu" and has_fast_bfloat16()
        self.warm_start = config.warm_start if config.use_video else 0

    def parameters(self) -> bytes:
        """Acting policy and rho, and the slow critic where it chooses between them."""
        critic = self.slow_critic if self.config.choose_by_q else None
        return pack_parameters(self.acting_policy, self.rho, self.updates, critic, self.sentences)

    def modules(self) -> dict[str, nn.Module]:
        """Every network, by the name it is saved under."""
        return super().modules() | {"critic": self.critic, "slow_critic": self.slow_critic}

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """Every optimiser, by the name it is saved under."""
        return super().optimisers() | {"critic_optimiser": self.critic_optimiser}

    def _update_networks(self) -> dict[str, float]:
        config = self.config
        index = self.replay.draw(config.batch_size, self.rng, config.success_share)
        batch = self.replay.gather(index)
        ahead = self.replay.look_ahead(index, config.n_step)
        metrics = self._update_rho(batch)
        seen = self._seen(index)
        features = self.critic.features(seen, batch.proprio, self._told(batch))
        metrics |= self._update_critic(features, batch, ahead)
        if self.updates % config.actor_every:
            return metrics
        # The actor may do with what the critic saw before its step: one pass less.
        solved = self.replay.solved(index)
        return metrics | self._update_policy(features.detach(), seen, batch, solved)

    def _update_critic(self, features: Tensor, batch: Batch, ahead: Ahead) -> dict[str, float]:
        told = self._told(batch)  # an episode has one sentence from its start to its end
        with torch.no_grad():
            action = self._draw(self.policy(ahead.latents, ahead.proprio, told))
            next_q = self.slow_critic(ahead.latents, ahead.proprio, action, told)
            target = critic_target(batch.values, ahead, next_q, self.config, self.weights)
        q = self.critic.values(features, batch.actions)
        loss = critic_loss(q, target)
        norm = self._step("the critic", loss, self.critic, self.critic_optimiser)
        follow(self.slow_critic, self.critic, self.config.target_rate)
        return {
            "critic_loss": loss.item(),
            "critic_gradient": norm,
            "q": q.detach().mean().item(),
            "q_target_spread": target.std().item(),
        }

    def _update_policy(
        self, features: Tensor, seen: Tensor, batch: Batch, solved: Tensor
    ) -> dict[str, float]:
        rho = self._guide(batch)
        pi = self.policy(seen, batch.proprio, self._told(batch))
        q = self.critic.values(features, self._draw(pi))
        loss = actor_loss(pi, rho, q, batch, solved, self.config, self.weights)
        norm = self._step("the actor", loss, self.policy, self.policy_optimiser)
        with torch.no_grad():
            return {
                "policy_loss": loss.item(),
                "policy_kl": kl_divergence(pi, rho).mean().item(),
                "policy_std": pi.std.mean().item(),
                "policy_gradient": norm,
                "policy_q": q.mean().item(),
            }

    def _draw(self, pi: Gaussian) -> Tensor:
        """An action in [-1, 1] of each Gaussian; the bounds let the gradient through."""
        noise = torch.randn(pi.mean.shape, generator=self.noise).to(self.device)
        action = pi.mean + pi.std * noise
        return action + (action.clamp(-1.0, 1.0) - action).detach()

    def _fit_statistics(self) -> None:
        super()._fit_statistics()
        data = self.replay.everything()
        for critic in (self.critic, self.slow_critic):
            critic.fit_statistics(data.latents, data.proprio)
