"""A data set as the video prior sees it: latents, annotations and sentence vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fmac_ros.devices import CPU
from fmac_ros.priors.pretrain.frames import Frames
from fmac_ros.priors.pretrain.sentences import Sentences
from fmac_ros.priors.pretrain.videos import VideoTable


@dataclass(frozen=True)
class LatentVideos:
    """A data set as latents (N, c, h, w) float16, in the rows of its table."""

    table: VideoTable
    latents: Frames
    sentences: Sentences

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """(c, h, w) of one latent."""
        return self.latents.shape[1:]

    def clean(self, rows: np.ndarray, device: torch.device = CPU) -> torch.Tensor:
        """(..., c, h, w) float32 latents of rows of any shape."""
        return self.latents.take(rows, device).float()
