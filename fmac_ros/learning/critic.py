"""The twin critic Q(s_t, a_t) of ``fac``."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fmac_ros.learning.networks import LatentShape, Standardiser, StateTrunk


class TwinCritic(nn.Module):
    """Two estimates of Q over one trunk; the smaller one is believed where it matters.

    Args:
        sentence_size: length d of a sentence's embedding, 0 for a critic of one sentence.
    """

    WIDTH = 256

    def __init__(
        self,
        latent_shape: LatentShape,
        proprio_size: int,
        action_size: int,
        sentence_size: int = 0,
    ) -> None:
        super().__init__()
        self.latent = Standardiser(latent_shape)
        self.proprio = Standardiser((proprio_size,))
        self.trunk = StateTrunk(latent_shape, proprio_size, self.WIDTH, sentence_size)
        self.heads = nn.ModuleList(_head(self.WIDTH + action_size, self.WIDTH) for _ in range(2))

    def fit_statistics(self, latents: Tensor, proprio: Tensor) -> None:
        """Fit the input scales on states: (n, c, h, w), (n, p)."""
        self.latent.fit(latents)
        self.proprio.fit(proprio)

    def features(self, latents: Tensor, proprio: Tensor, sentences: Tensor | None = None) -> Tensor:
        """What both heads see: (b, c, h, w), (b, p), (b, d) if it has sentences -> (b, WIDTH)."""
        features: Tensor = self.trunk(self.latent(latents), self.proprio(proprio), sentences)
        return features

    def values(self, features: Tensor, actions: Tensor) -> Tensor:
        """Both estimates of actions (b, a) in states seen as ``features`` -> (b, 2)."""
        joined = torch.cat([features, actions], dim=-1)
        return torch.cat([head(joined) for head in self.heads], dim=-1)

    def forward(
        self, latents: Tensor, proprio: Tensor, actions: Tensor, sentences: Tensor | None = None
    ) -> Tensor:
        """(b, c, h, w), (b, p), (b, a), (b, d) where it has sentences -> (b, 2)."""
        return self.values(self.features(latents, proprio, sentences), actions)


def _head(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, width),
        nn.LayerNorm(width),
        nn.SiLU(),
        nn.Linear(width, width),
        nn.LayerNorm(width),
        nn.SiLU(),
        nn.Linear(width, 1),
    )
