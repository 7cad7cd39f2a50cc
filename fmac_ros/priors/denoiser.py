"""The network of the video prior: one denoising step over a stack of latent frames."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.embeddings import TimestepEmbedding, Timesteps
from diffusers.models.modeling_utils import ModelMixin
from torch import nn

from fmac_ros.priors.layers import BlockStack, coordinates


class LatentDenoiser(ModelMixin, ConfigMixin):
    """Predict the clean change of N future latents from its noisy version.

    Frames are stacked in channels, so that the convolutions see all of them at once; the
    sentence and the diffusion time enter every block by FiLM.

    Args:
        latent_shape: (c, h, w) of one frame's latent, h and w even.
        frames: number N of future frames.
        text_size: length of a sentence embedding.
        width_fine, width_coarse: channels at full and half resolution.
        blocks_fine, blocks_coarse: residual blocks there (the fine ones twice, down and up).
        frame_scales: typical change [latent units] of future frame 1..N; what is denoised is
            ``(z_{t+k} - z_t) / frame_scales[k-1]``, or noise would bury the nearest frames.
    """

    @register_to_config
    def __init__(
        self,
        latent_shape: tuple[int, int, int] = (8, 8, 16),
        frames: int = 8,
        text_size: int = 384,
        width_fine: int = 128,
        width_coarse: int = 192,
        blocks_fine: int = 2,
        blocks_coarse: int = 3,
        condition_size: int = 192,
        frame_scales: Sequence[float] = (1.0,) * 8,
    ) -> None:
        super().__init__()
        if len(frame_scales) != frames:
            raise ValueError(f"{len(frame_scales)} frame scales, valid: {frames}, one a frame")
        channels = latent_shape[0]
        self.time = Timesteps(64, flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time_embedding = TimestepEmbedding(64, condition_size)
        self.text_embedding = nn.Sequential(
            nn.LayerNorm(text_size),
            nn.Linear(text_size, condition_size),
            nn.SiLU(),
            nn.Linear(condition_size, condition_size),
        )
        self.enter = nn.Conv2d((frames + 1) * channels + 2, width_fine, 3, padding=1)
        self.before = BlockStack(width_fine, blocks_fine, condition_size)
        self.down = nn.Conv2d(width_fine, width_coarse, 3, stride=2, padding=1)
        self.middle = BlockStack(width_coarse, blocks_coarse, condition_size)
        self.up = nn.Sequential(nn.Conv2d(width_coarse, 4 * width_fine, 1), nn.PixelShuffle(2))
        self.after = BlockStack(width_fine, blocks_fine, condition_size)
        self.leave = nn.Sequential(
            nn.GroupNorm(8, width_fine),
            nn.SiLU(),
            nn.Conv2d(width_fine, frames * channels, 3, padding=1),
        )

    def scales(self, like: torch.Tensor) -> torch.Tensor:
        """The frame scales, broadcastable to (n, N, c, h, w)."""
        return like.new_tensor(self.config.frame_scales)[None, :, None, None, None]

    def forward(
        self,
        noisy: torch.Tensor,
        time: torch.Tensor,
        current: torch.Tensor,
        sentences: torch.Tensor,
    ) -> torch.Tensor:
        """Map noisy changes (n, N*c, h, w) to clean ones, same shape.

        Args:
            time: (n,) diffusion times of the scheduler.
            current: (n, c, h, w) latent of the state imagined from.
            sentences: (n, d) sentence embeddings.
        """
        times = self.time_embedding(self.time(time).to(noisy.dtype))
        condition = nn.functional.silu(times + self.text_embedding(sentences))  # (n, size)
        x = self.enter(coordinates(torch.cat([noisy, current], dim=1)))
        x = self.before(x, condition)
        x = x + self.up(self.middle(self.down(x), condition))
        return self.leave(self.after(x, condition))
