"""The policy pi(s_t | T). One run learns one sentence, so T is not an input."""

from __future__ import annotations

from torch import Tensor, nn

from fmac_ros.learning.networks import (
    Gaussian,
    GaussianHead,
    LatentShape,
    Standardiser,
    StateTrunk,
)


class Policy(nn.Module):
    """pi on the latent and the proprio of s_t.

    The floor under the standard deviation keeps the policy exploring and bounds the slope of
    its log-density, which Eq. 2 multiplies by up to beta: at half this floor, imitating the
    few successful steps outweighs what the video says of all others (docs/method.md).
    """

    MIN_STD, MAX_STD = 0.3, 0.6

    def __init__(self, latent_shape: LatentShape, proprio_size: int, action_size: int) -> None:
        super().__init__()
        self.latent = Standardiser(latent_shape)
        self.proprio = Standardiser((proprio_size,))
        self.trunk = StateTrunk(latent_shape, proprio_size)
        self.head = GaussianHead(256, action_size, self.MIN_STD, self.MAX_STD)

    def fit_statistics(self, latents: Tensor, proprio: Tensor) -> None:
        """Fit the input scales on states: (n, c, h, w), (n, p)."""
        self.latent.fit(latents)
        self.proprio.fit(proprio)

    def forward(self, latents: Tensor, proprio: Tensor) -> Gaussian:
        """(b, c, h, w), (b, p) -> action Gaussian (b, a)."""
        action: Gaussian = self.head(self.trunk(self.latent(latents), self.proprio(proprio)))
        return action
