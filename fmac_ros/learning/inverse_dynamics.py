"""The inverse dynamics model rho(s_t, s_{t+1}): which action leads from state to state."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fmac_ros.learning.networks import (
    Gaussian,
    GaussianHead,
    LatentShape,
    MotionTrunk,
    Standardiser,
)


class InverseDynamics(nn.Module):
    """rho on what moved from z_t to z_{t+1}, and the proprio of s_t.

    The proprio of s_{t+1} is never an input: an imagined frame has none.
    """

    MIN_STD, MAX_STD = 0.1, 1.0

    def __init__(self, latent_shape: LatentShape, proprio_size: int, action_size: int) -> None:
        super().__init__()
        self.latent = Standardiser(latent_shape)
        self.change = Standardiser(latent_shape)  # its scale is the measure of blur()
        self.proprio = Standardiser((proprio_size,))
        self.trunk = MotionTrunk(latent_shape, proprio_size)
        self.head = GaussianHead(256, action_size, self.MIN_STD, self.MAX_STD)

    def fit_statistics(self, latents: Tensor, proprio: Tensor, next_latents: Tensor) -> None:
        """Fit the input scales on transitions: (n, c, h, w), (n, p), (n, c, h, w)."""
        self.latent.fit(latents)
        self.change.fit(next_latents - latents)
        self.proprio.fit(proprio)

    def blur(self, latents: Tensor, noise: float, generator: torch.Generator) -> Tensor:
        """Add Gaussian noise of ``noise`` times the scale of a one-step change."""
        drawn = torch.randn(latents.shape, generator=generator).to(latents.device)
        return latents + noise * self.change.scale * drawn

    def forward(self, latents: Tensor, proprio: Tensor, next_latents: Tensor) -> Gaussian:
        """(b, c, h, w), (b, p), (b, c, h, w) -> action Gaussian (b, a)."""
        features = self.trunk(
            self.latent(latents), self.latent(next_latents), self.proprio(proprio)
        )
        action: Gaussian = self.head(features)
        return action
