"""Network of the value and success priors: a picture and a sentence to one number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel

from fmac_ros.priors.layers import BlockStack, ResidualBlock

UNSHUFFLE = 4  # pixels per cell of the first map, each way
CELL = 4 * UNSHUFFLE  # of the last map


class PictureHeadConfig(PretrainedConfig):
    """Sizes of a head, and for success the verdict's threshold.

    The three widths are channels at 1/4, 1/8 and 1/16 of the picture.
    """

    model_type = "fmac_picture_head"

    def __init__(
        self,
        picture_size: tuple[int, int] = (128, 256),
        text_size: int = 384,
        width_first: int = 32,
        width_fine: int = 64,
        width_coarse: int = 128,
        width_flat: int = 32,
        blocks: int = 2,
        condition_size: int = 128,
        hidden_size: int = 128,
        dropout: float = 0.1,
        threshold: float = 0.5,
        **kwargs: Any,
    ) -> None:
        self.picture_size = list(picture_size)
        self.text_size = text_size
        self.width_first = width_first
        self.width_fine = width_fine
        self.width_coarse = width_coarse
        self.width_flat = width_flat
        self.blocks = blocks
        self.condition_size = condition_size
        self.hidden_size = hidden_size
        self.dropout = dropout
        self.threshold = threshold
        super().__init__(**kwargs)

    def last_map(self) -> tuple[int, int]:
        """(h, w) of the coarse map; ValueError where the pictures do not divide into its cells."""
        height, width = self.picture_size
        if height % CELL or width % CELL:
            raise ValueError(f"picture is {height}x{width}, valid: multiples of {CELL}")
        return height // CELL, width // CELL


class FirstLevel(nn.Module):
    """The level of the finest map: one block, then half as many cells each way."""

    def __init__(self, config: PictureHeadConfig) -> None:
        super().__init__()
        self.block = ResidualBlock(config.width_first, config.condition_size)
        self.down = nn.Conv2d(config.width_first, config.width_fine, 3, stride=2, padding=1)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """Map (n, first, h, w) and (n, condition_size) to (n, fine, h/2, w/2)."""
        return self.down(self.block(x, condition))


class PictureHead(PreTrainedModel):
    """Convolutions over the picture itself with FiLM by the sentence, to one logit.

    Whether a block lies on its mark is a matter of a pixel or two, which the latents, made to
    look alike after decoding, do not keep.
    """

    config_class = PictureHeadConfig
    base_model_prefix = "head"

    def __init__(self, config: PictureHeadConfig) -> None:
        super().__init__(config)
        height, width = config.last_map()
        fine, coarse, size = config.width_fine, config.width_coarse, config.condition_size
        self.condition = nn.Sequential(
            nn.LayerNorm(config.text_size), nn.Linear(config.text_size, size), nn.SiLU()
        )
        self.unshuffle = nn.PixelUnshuffle(UNSHUFFLE)
        self.enter = nn.Conv2d(3 * UNSHUFFLE**2, config.width_first, 3, padding=1)
        self.first = FirstLevel(config)
        self.fine = BlockStack(fine, config.blocks, size)
        self.down = nn.Conv2d(fine, coarse, 3, stride=2, padding=1)
        self.coarse = BlockStack(coarse, config.blocks, size)
        self.flatten = nn.Sequential(
            nn.SiLU(),
            nn.Conv2d(coarse, config.width_flat, 1),
            nn.SiLU(),
            nn.Flatten(),
            nn.Dropout(config.dropout),
            nn.Linear(config.width_flat * height * width, config.hidden_size),
        )
        self.leave = nn.Sequential(
            nn.SiLU(), nn.Dropout(config.dropout), nn.Linear(config.hidden_size, 1)
        )
        self.post_init()

    def forward(self, pictures: torch.Tensor, sentences: torch.Tensor) -> torch.Tensor:
        """Map pictures (n, 3, H, W) in [-1, 1] and embeddings (n, d) to logits (n,)."""
        condition = self.condition(sentences)  # (n, condition_size)
        x = self.enter(self.unshuffle(pictures))  # (n, first, H/4, W/4)
        x = self.fine(self.first(x, condition), condition)  # (n, fine, H/8, W/8)
        x = self.coarse(self.down(x), condition)  # (n, coarse, H/16, W/16)
        return self.leave(self.flatten(x)).squeeze(1)

    def _init_weights(self, module: nn.Module) -> None:
        """Keep the initialisation of the layers' own constructors."""


def load_picture_head(folder: Path) -> PictureHead:
    """Load a head in float32; ValueError where a directory holds weights of another form."""
    found: dict[str, Any] = json.loads((folder / "config.json").read_text())
    kind, width = found.get("model_type"), found.get("width_first")
    if kind != PictureHeadConfig.model_type or not width:
        raise ValueError(
            f"{folder} holds a {kind!r} with width_first {width}, valid: a"
            f" {PictureHeadConfig.model_type!r} with 1 or more, as 'fmac pretrain' trains it"
        )
    head: PictureHead = PictureHead.from_pretrained(folder, dtype=torch.float32)
    return head
