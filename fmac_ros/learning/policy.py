"""The policy pi(s_t | T). T is an input only where a run learns several sentences."""

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

    Args:
        sentence_size: length d of a sentence's embedding, 0 for a policy of one sentence.
    """

    MIN_STD, MAX_STD = 0.3, 0.6

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
        self.trunk = StateTrunk(latent_shape, proprio_size, sentence_size=sentence_size)
        self.head = GaussianHead(256, action_size, self.MIN_STD, self.MAX_STD)

    def fit_statistics(self, latents: Tensor, proprio: Tensor) -> None:
        """Fit the input scales on states: (n, c, h, w), (n, p)."""
        self.latent.fit(latents)
        self.proprio.fit(proprio)

    def forward(
        self, latents: Tensor, proprio: Tensor, sentences: Tensor | None = None
    ) -> Gaussian:
        """(b, c, h, w), (b, p), (b, d) where it has sentences -> action Gaussian (b, a)."""
        features = self.trunk(self.latent(latents), self.proprio(proprio), sentences)
        action: Gaussian = self.head(features)
        return action
