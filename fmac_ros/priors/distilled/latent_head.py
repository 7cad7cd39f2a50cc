"""Network of a student: latents and a sentence to one number."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel

from fmac_ros.priors.layers import BlockStack, coordinates


class LatentHeadConfig(PretrainedConfig):
    """Sizes of a head: small, for it learns from few answers."""

    model_type = "fmac_latent_head"

    def __init__(
        self,
        latent_shape: tuple[int, int, int] = (8, 8, 16),
        text_size: int = 384,
        width_fine: int = 32,
        width_coarse: int = 64,
        blocks: int = 1,
        condition_size: int = 128,
        hidden_size: int = 64,
        dropout: float = 0.1,
        **kwargs: Any,
    ) -> None:
        self.latent_shape = list(latent_shape)
        self.text_size = text_size
        self.width_fine = width_fine
        self.width_coarse = width_coarse
        self.blocks = blocks
        self.condition_size = condition_size
        self.hidden_size = hidden_size
        self.dropout = dropout
        super().__init__(**kwargs)


class LatentHead(PreTrainedModel):
    """Convolutions over a latent with FiLM by the sentence, to one logit.

    The last map is flattened, not averaged: where the tool is matters.
    """

    config_class = LatentHeadConfig
    base_model_prefix = "head"

    def __init__(self, config: LatentHeadConfig) -> None:
        super().__init__(config)
        channels, height, width = config.latent_shape
        fine, coarse, size = config.width_fine, config.width_coarse, config.condition_size
        self.condition = nn.Sequential(
            nn.LayerNorm(config.text_size), nn.Linear(config.text_size, size), nn.SiLU()
        )
        self.enter = nn.Conv2d(channels + 2, fine, 3, padding=1)
        self.fine = BlockStack(fine, config.blocks, size)
        self.down = nn.Conv2d(fine, coarse, 3, stride=2, padding=1)
        self.coarse = BlockStack(coarse, config.blocks, size)
        flat = coarse * ((height + 1) // 2) * ((width + 1) // 2)
        self.flatten = nn.Sequential(
            nn.SiLU(), nn.Flatten(), nn.Dropout(config.dropout), nn.Linear(flat, config.hidden_size)
        )
        self.leave = nn.Sequential(
            nn.SiLU(), nn.Dropout(config.dropout), nn.Linear(config.hidden_size, 1)
        )
        self.post_init()

    def forward(self, latents: torch.Tensor, sentences: torch.Tensor) -> torch.Tensor:
        """Map latents (n, c, h, w) and sentence embeddings (n, d) to logits (n,)."""
        condition = self.condition(sentences)  # (n, condition_size)
        x = self.enter(coordinates(latents))  # (n, fine, h, w)
        x = self.down(self.fine(x, condition))  # (n, coarse, h/2, w/2)
        x = self.flatten(self.coarse(x, condition))  # (n, hidden)
        return self.leave(x).squeeze(1)

    def _init_weights(self, module: nn.Module) -> None:
        """Keep the initialisation of the layers' own constructors."""
