"""A data set as value and success prior see it: pictures, annotations and sentence vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fmac_ros.priors.encoder import scaled
from fmac_ros.priors.pretrain.devices import CPU
from fmac_ros.priors.pretrain.frames import Frames
from fmac_ros.priors.pretrain.sentences import Sentences
from fmac_ros.priors.pretrain.videos import VideoTable

CONTRAST, BRIGHTNESS, NOISE = 0.1, 0.1, 0.04  # largest, of a range of 2 from black to white
SHIFT = 0.06  # largest, of a picture's height


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


def shifted(pictures: torch.Tensor, moves: torch.Tensor | None = None) -> torch.Tensor:
    """Move each camera's part of (n, h, w, 3) pictures by whole pixels, repeating its edges.

    A camera's part is as wide as it is high.

    Args:
        moves: (2, n, cameras) pixels down and right; None draws other ones for every picture.
    """
    n, height, width, _ = pictures.shape
    cameras, device = count_cameras(pictures), pictures.device
    side = width // cameras
    moves = draw_moves(pictures, n) if moves is None else moves
    down, right = moves[:, :, None, :, None].to(device)  # (n, 1, cameras, 1) each
    rows = (torch.arange(height, device=device)[:, None, None] + down).clamp(0, height - 1)
    columns = (torch.arange(side, device=device) + right).clamp(0, side - 1)
    columns = columns + side * torch.arange(cameras, device=device)[:, None]
    index = (rows * width + columns).flatten(1)  # (n, h * w)
    flat = pictures.flatten(1, 2)
    return flat.gather(1, index[..., None].expand(-1, -1, 3)).view_as(pictures)


def count_cameras(pictures: torch.Tensor) -> int:
    """Cameras side by side in (n, h, w, 3) pictures."""
    _, height, width, _ = pictures.shape
    return max(1, width // height)


def draw_moves(pictures: torch.Tensor, n: int) -> torch.Tensor:
    """(2, n, cameras) random moves [pixels] for n pictures like these, or n videos of them."""
    most = round(SHIFT * pictures.shape[1])
    cameras, device = count_cameras(pictures), pictures.device
    return torch.randint(-most, most + 1, (2, n, cameras), device=device)


def _around_zero(n: int, channels: int, device: torch.device) -> torch.Tensor:
    return 2 * torch.rand(n, channels, 1, 1, device=device) - 1
