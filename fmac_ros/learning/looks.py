"""More looks at the pictures of an episode, moved by a few pixels, for what is learned on latents.

The latents are frozen, so a network that is to see alike what lies a little elsewhere has to be
shown it. DrQ's random shift (Yarats et al., 2021, arXiv 2107.09645) does so at every draw from
pixels; here each picture is moved and encoded once when its episode comes in.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Protocol

import numpy as np
import torch

from fmac_ros.learning.record import Record
from fmac_ros.shifting import draw_moves, shifted


class Encoder(Protocol):
    """Pictures (n, h, w, 3) uint8 to latents (n, c, h', w') float16."""

    def encode(self, pictures: np.ndarray) -> np.ndarray: ...


class Looks:
    """Adds looks to records, the same ones whenever an episode is asked about.

    Args:
        count: looks at each picture, the picture as it is among them.
    """

    def __init__(self, encoder: Encoder, count: int, seed: int) -> None:
        self._encoder, self._count, self._seed = encoder, count, seed

    def added(self, record: Record) -> Record:
        """The record with ``count - 1`` other looks; each camera of each state moves by itself."""
        if self._count == 1:
            return record
        episode = record.episode
        pictures = torch.from_numpy(episode.pictures)
        seed = zlib.crc32(f"{self._seed}/{episode.id}".encode())
        generator = torch.Generator().manual_seed(seed)
        looks = []
        for _ in range(self._count - 1):
            moves = draw_moves(pictures, len(pictures), generator)
            looks.append(self._encoder.encode(shifted(pictures, moves).numpy()))
        return replace(record, looks=np.stack(looks))
