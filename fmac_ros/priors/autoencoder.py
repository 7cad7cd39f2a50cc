"""The autoencoder whose latents every other prior and the policy look at."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import nn

from fmac_ros.priors.layers import BlockStack

REDUCTION = 8  # pixels per latent cell, each way


class PictureAutoencoder(ModelMixin, ConfigMixin):
    """Pictures (n, 3, H, W) in [-1, 1] to latents (n, c, H/8, W/8) and back.

    Latents leave ``encode`` with zero mean and unit variance a channel over the training
    pictures (``latents_mean``, ``latents_std``), which is what diffusion and heads want.

    Args:
        height, width: picture size [pixels], multiples of 8.
        latent_channels: channels c of a latent.
        width_fine, width_coarse: channels at 1/4 and 1/8 resolution.
        started_from: version of the autoencoder that this one was fine-tuned from, and whose
            latents its own are close to; empty where there was none.
    """

    @register_to_config
    def __init__(
        self,
        height: int = 64,
        width: int = 128,
        latent_channels: int = 8,
        width_fine: int = 48,
        width_coarse: int = 96,
        blocks: int = 2,
        latents_mean: Sequence[float] = (0.0,),
        latents_std: Sequence[float] = (1.0,),
        started_from: str = "",
    ) -> None:
        super().__init__()
        if height % REDUCTION or width % REDUCTION:
            raise ValueError(f"picture is {height}x{width}, valid: multiples of {REDUCTION}")
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, width_fine, 3, padding=1),
            BlockStack(width_fine, blocks),
            nn.Conv2d(width_fine, width_coarse, 3, stride=2, padding=1),
            BlockStack(width_coarse, blocks),
            nn.Conv2d(width_coarse, latent_channels, 1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(latent_channels, width_coarse, 3, padding=1),
            BlockStack(width_coarse, blocks),
            nn.Conv2d(width_coarse, 4 * width_fine, 1),
            nn.PixelShuffle(2),
            BlockStack(width_fine, blocks),
            nn.Conv2d(width_fine, 4 * width_fine // 2, 1),
            nn.PixelShuffle(2),
            nn.SiLU(),
            nn.Conv2d(width_fine // 2, 12, 3, padding=1),
            nn.PixelShuffle(2),
        )

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(c, h, w) of one latent."""
        config = self.config
        return config.latent_channels, config.height // REDUCTION, config.width // REDUCTION

    def normalised(self, raw: torch.Tensor) -> torch.Tensor:
        """Give raw latents (n, c, h, w) zero mean and unit variance a channel."""
        mean, std = self._statistics(raw)
        return (raw - mean) / std

    def _statistics(self, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, std = self.config.latents_mean, self.config.latents_std
        return like.new_tensor(mean)[:, None, None], like.new_tensor(std)[:, None, None]

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """Map (n, 3, H, W) in [-1, 1] to normalised latents (n, c, h, w)."""
        return self.normalised(self.encoder(pictures))

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Map normalised latents (n, c, h, w) to pictures (n, 3, H, W) around [-1, 1]."""
        mean, std = self._statistics(latents)
        return self.decoder(latents * std + mean)

    def forward(self, pictures: torch.Tensor, noise: float = 0.0) -> tuple[torch.Tensor, ...]:
        """Return (reconstruction, raw latents), with Gaussian noise on the latents."""
        raw = self.encoder(pictures)  # (n, c, h, w)
        return self.decoder(raw + noise * torch.randn_like(raw)), raw
