"""The algorithm ``fmac``: trains rho by Eq. 1 and pi by Eq. 2 on the replay buffer."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.networks import LatentShape
from fmac_ros.learning.objectives import POLICY_LOSSES, advantage, kl_divergence
from fmac_ros.learning.replay import Batch
from fmac_ros.learning.sentences import Sentences


class Learner(BaseLearner):
    """rho and pi, with the priors themselves in the place of a learned critic."""

    config: LearnerConfig
    kind = "fmac_ros.learner/1"

    def __init__(
        self,
        config: LearnerConfig,
        latent_shape: LatentShape,
        proprio_size: int,
        action_size: int,
        seed: int,
        folder: Path | None = None,
        sentences: Sentences | None = None,
    ) -> None:
        super().__init__(config, latent_shape, proprio_size, action_size, seed, folder, sentences)
        self._policy_loss = POLICY_LOSSES[config.objective]

    def _update_networks(self) -> dict[str, float]:
        index = self.replay.draw(self.config.batch_size, self.rng)
        batch = self.replay.gather(index)
        return self._update_rho(batch) | self._update_policy(self._seen(index), batch)

    def _update_policy(self, seen: Tensor, batch: Batch) -> dict[str, float]:
        rho = self._guide(batch)
        pi = self.policy(seen, batch.proprio, self._told(batch))
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
