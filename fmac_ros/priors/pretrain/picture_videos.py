"""A data set as the success prior sees it: pictures, annotations and sentence vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fmac_ros.priors.encoder import to_tensor
from fmac_ros.priors.pretrain.devices import CPU
from fmac_ros.priors.pretrain.sentences import Sentences
from fmac_ros.priors.pretrain.videos import VideoTable

CONTRAST, BRIGHTNESS, NOISE = 0.1, 0.1, 0.04  # largest, of a range of 2 from black to white


@dataclass(frozen=True)
class PictureVideos:
    """A data set as pictures (N, h, w, 3) uint8, in the rows of its table."""

    table: VideoTable
    pictures: np.ndarray
    sentences: Sentences

    def clean(self, rows: np.ndarray, device: torch.device = CPU) -> torch.Tensor:
        """(n, 3, h, w) float32 pictures of the rows in [-1, 1]."""
        return to_tensor(self.pictures[rows], device)

    def draw(self, rows: np.ndarray, device: torch.device = CPU) -> torch.Tensor:
        """The same in other light and with noise: neither decides whether a task is solved."""
        n = len(rows)
        contrast = 1 + CONTRAST * _around_zero(n, 1, device)
        pictures = self.clean(rows, device) * contrast + BRIGHTNESS * _around_zero(n, 3, device)
        noise = NOISE * torch.rand(n, 1, 1, 1, device=device) * torch.randn_like(pictures)
        return (pictures + noise).contiguous(memory_format=torch.channels_last)


def _around_zero(n: int, channels: int, device: torch.device) -> torch.Tensor:
    return 2 * torch.rand(n, channels, 1, 1, device=device) - 1
