"""Building blocks shared by the embedded priors."""

from __future__ import annotations

import torch
from torch import nn

NORM_GROUPS = 8


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a residual; with ``condition_size``, FiLM in between.

    FiLM (Perez et al. 2018) scales and shifts the normalised channels by a function of the
    condition vector: ``h * (1 + scale(c)) + shift(c)``.
    """

    def __init__(self, channels: int, condition_size: int | None = None) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(NORM_GROUPS, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(NORM_GROUPS, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.film = nn.Linear(condition_size, 2 * channels) if condition_size else None
        self.activation = nn.SiLU()
        nn.init.zeros_(self.conv2.weight)  # starts as the identity
        if self.film is not None:
            nn.init.zeros_(self.film.bias)

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """Map (n, c, h, w) and, with FiLM, (n, condition_size) to (n, c, h, w)."""
        hidden = self.conv1(self.activation(self.norm1(x)))
        hidden = self.norm2(hidden)
        if self.film is not None and condition is not None:
            scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)
            hidden = hidden * (1 + scale) + shift
        return x + self.conv2(self.activation(hidden))


class BlockStack(nn.Module):
    """Residual blocks that share one condition."""

    def __init__(self, channels: int, blocks: int, condition_size: int | None = None) -> None:
        super().__init__()
        layers = (ResidualBlock(channels, condition_size) for _ in range(blocks))
        self.blocks = nn.ModuleList(layers)

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """Map (n, c, h, w) to (n, c, h, w)."""
        for block in self.blocks:
            x = block(x, condition)
        return x


def coordinates(x: torch.Tensor) -> torch.Tensor:
    """Append two channels with the row and column in [-1, 1], so convolutions know where."""
    n, _, height, width = x.shape
    rows = torch.linspace(-1, 1, height, device=x.device, dtype=x.dtype)
    columns = torch.linspace(-1, 1, width, device=x.device, dtype=x.dtype)
    grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))  # (2, h, w)
    return torch.cat([x, grid.expand(n, -1, -1, -1)], dim=1)
