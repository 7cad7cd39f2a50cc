"""Trains rho by Eq. 1 and pi by Eq. 2 on the replay buffer."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn

from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.inverse_dynamics import InverseDynamics
from fmac_ros.learning.networks import LatentShape
from fmac_ros.learning.objectives import (
    POLICY_LOSSES,
    advantage,
    inverse_dynamics_loss,
    kl_divergence,
)
from fmac_ros.learning.parameters import pack_parameters
from fmac_ros.learning.policy import Policy
from fmac_ros.learning.record import Record
from fmac_ros.learning.replay import Batch, ReplayBuffer
from fmac_ros.learning.snapshot import restore_learner, snapshot_learner
from fmac_ros.trust.weights import PriorWeights


class Learner:
    """Both networks, their optimisers and the replay buffer. Not thread-safe.

    The same seed, episodes and order of calls give the same weights, bit for bit.

    Attributes:
        updates: updates of both networks so far; the version of the parameters.
        weights: of the priors in Eq. 2; whoever knows outcomes may lower them.
    """

    def __init__(
        self,
        config: LearnerConfig,
        latent_shape: LatentShape,
        proprio_size: int,
        action_size: int,
        seed: int,
    ) -> None:
        self.config = config
        self.updates = 0
        self.weights = PriorWeights()
        self.replay = ReplayBuffer(config.replay_capacity, latent_shape, proprio_size, action_size)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.rho = InverseDynamics(latent_shape, proprio_size, action_size)
            self.policy = Policy(latent_shape, proprio_size, action_size)
        self.acting_policy = copy.deepcopy(self.policy)
        self.rho_optimiser = self._adam(self.rho)
        self.policy_optimiser = self._adam(self.policy)
        self.rng = np.random.default_rng(seed)
        self.noise = torch.Generator().manual_seed(seed)
        self._policy_loss = POLICY_LOSSES[config.objective]

    def add(self, record: Record) -> None:
        """D <- D + (tau, tau_hat)."""
        self.replay.add(record)

    def update(self, count: int) -> dict[str, float]:
        """Update both networks ``count`` times; mean metrics over these updates.

        Raises FloatingPointError as soon as a loss or a gradient is not finite.
        """
        if self.updates == 0 and count > 0:
            self._fit_statistics()
        rows = [self._update_once() for _ in range(count)]
        if not rows:
            return {}
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

    def update_inverse_dynamics(self, count: int) -> None:
        """Update rho alone ``count`` times by Eq. 1."""
        if self.updates == 0 and count > 0:
            self._fit_statistics()
        for _ in range(count):
            self._update_rho(self.replay.sample(self.config.batch_size, self.rng))

    def parameters(self) -> bytes:
        """Acting policy and rho, for ``Actor.from_bytes``."""
        return pack_parameters(self.acting_policy, self.rho, self.updates)

    def state(self) -> bytes:
        """Everything but the replay buffer, for :meth:`load_state`."""
        return snapshot_learner(self)

    def load_state(self, data: bytes) -> None:
        """Continue exactly where :meth:`state` was taken. Raises FormatError."""
        restore_learner(self, data)

    def _update_once(self) -> dict[str, float]:
        batch = self.replay.sample(self.config.batch_size, self.rng)
        metrics = self._update_rho(batch) | self._update_policy(batch)
        self._average()
        self.updates += 1
        return metrics

    def _update_rho(self, batch: Batch) -> dict[str, float]:
        next_latents = self.rho.blur(batch.next_latents, self.config.next_latent_noise, self.noise)
        rho = self.rho(batch.latents, batch.proprio, next_latents)
        loss = inverse_dynamics_loss(rho, batch.actions)
        norm = self._step("Eq. 1", loss, self.rho, self.rho_optimiser)
        error = (rho.mean.detach() - batch.actions).abs().mean()
        return {
            "rho_loss": loss.item(),
            "rho_error": error.item(),
            "rho_std": rho.std.detach().mean().item(),
            "rho_gradient": norm,
        }

    def _update_policy(self, batch: Batch) -> dict[str, float]:
        with torch.no_grad():
            rho = self.rho(batch.latents, batch.proprio, batch.imagined)
        pi = self.policy(batch.latents, batch.proprio)
        loss = self._policy_loss(pi, rho, batch, self.config, self.weights)
        norm = self._step("Eq. 2", loss, self.policy, self.policy_optimiser)
        with torch.no_grad():
            return {
                "policy_loss": loss.item(),
                "policy_kl": kl_divergence(pi, rho).mean().item(),
                "policy_std": pi.std.mean().item(),
                "policy_gradient": norm,
                "advantage": advantage(batch, self.config, self.weights).mean().item(),
            }

    def _step(
        self, name: str, loss: Tensor, module: nn.Module, optimiser: torch.optim.Optimizer
    ) -> float:
        """One clipped gradient step; the norm of the gradient before clipping."""
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(module.parameters(), self.config.max_gradient_norm).item()
        if not np.isfinite(norm) or not np.isfinite(loss.item()):
            raise FloatingPointError(
                f"update {self.updates + 1} of {name}: loss {loss.item()}, gradient norm {norm}; "
                "both must be finite. Try a lower learning_rate"
            )
        optimiser.step()
        return norm

    @torch.no_grad()
    def _average(self) -> None:
        average: list[Tensor] = list(self.acting_policy.parameters())
        current: list[Tensor] = list(self.policy.parameters())
        torch._foreach_lerp_(average, current, 1.0 - self.config.averaging)

    def _fit_statistics(self) -> None:
        """Input scales from what is in D before the first update."""
        data = self.replay.everything()
        if not len(data.actions):
            raise ValueError("no episode in the replay buffer, valid: add one before an update")
        self.rho.fit_statistics(data.latents, data.proprio, data.next_latents)
        for policy in (self.policy, self.acting_policy):
            policy.fit_statistics(data.latents, data.proprio)

    def _adam(self, module: nn.Module) -> torch.optim.AdamW:
        return torch.optim.AdamW(
            module.parameters(),
            lr=self.config.learning_rate,
            weight_decay=self.config.weight_decay,
            fused=True,
        )
