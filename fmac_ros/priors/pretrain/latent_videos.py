"""A data set as the later stages see it: latents, annotations and sentence vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fmac_ros.priors.pretrain.devices import CPU
from fmac_ros.priors.pretrain.sentences import Sentences
from fmac_ros.priors.pretrain.videos import VideoTable

LATENT_NOISE = 0.15  # largest spread of the noise on drawn latents [latent units]


@dataclass(frozen=True)
class LatentVideos:
    """A data set as latents (N, c, h, w) float16, in the rows of its table."""

    table: VideoTable
    latents: np.ndarray
    sentences: Sentences

    def clean(self, rows: np.ndarray, device: torch.device = CPU) -> torch.Tensor:
        """(n, c, h, w) float32 latents of the rows."""
        return torch.from_numpy(self.latents[rows]).to(device).float()

    def draw(self, rows: np.ndarray, device: torch.device = CPU) -> torch.Tensor:
        """(n, c, h, w) float32 latents of the rows, with noise."""
        latents = self.clean(rows, device)
        spread = LATENT_NOISE * torch.rand(len(rows), 1, 1, 1, device=device)
        return latents + spread * torch.randn_like(latents)
