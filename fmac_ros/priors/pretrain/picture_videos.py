"""A data set as value and success prior see it: pictures, annotations and sentence vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fmac_ros.devices import CPU
from fmac_ros.priors.encoder import scaled
from fmac_ros.priors.pretrain.frames import Frames
from fmac_ros.priors.pretrain.sentences import Sentences
from fmac_ros.priors.pretrain.videos import VideoTable
from fmac_ros.shifting import shifted

CONTRAST, BRIGHTNESS, NOISE = 0.1, 0.1, 0.04  # largest, of a range of 2 from black to white


@dataclass(frozen=True)
class PictureVideos:
    """A data set as pictures (N, h, w, 3) uint8, in the rows of its table."""

    table: VideoTable
    pictures: Frames
    sentences: Sentences

    @property
    def picture_size(self) -> tuple[int, int]:
        """(h, w) of one picture."""
        _, height, width, _ = self.pictures.shape
        return height, width

    def clean(self, rows: np.ndarray, device: torch.device = CPU) -> torch.Tensor:
        """(n, 3, h, w) float32 pictures of the rows in [-1, 1]."""
        return scaled(self.pictures.take(rows, device))

    def draw(self, rows: np.ndarray, device: torch.device = CPU) -> torch.Tensor:
        """The same in other light, with noise and moved: none of it decides about a task.

        What decides is where things are to each other; without the moves a head learns the
        places of a few thousand scenes by heart instead.
        """
        n = len(rows)
        pictures = scaled(shifted(self.pictures.take(rows, device)))
        pictures = pictures * (1 + CONTRAST * _around_zero(n, 1, device))
        pictures = pictures + BRIGHTNESS * _around_zero(n, 3, device)
        noise = NOISE * torch.rand(n, 1, 1, 1, device=device) * torch.randn_like(pictures)
        return (pictures + noise).contiguous(memory_format=torch.channels_last)


def _around_zero(n: int, channels: int, device: torch.device) -> torch.Tensor:
    return 2 * torch.rand(n, channels, 1, 1, device=device) - 1
