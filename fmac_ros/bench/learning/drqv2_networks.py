"""The networks of DrQ-v2 (Yarats et al., 2021, arXiv 2107.09645)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def random_shift(pictures: Tensor, pad: int, generator: torch.Generator) -> Tensor:
    """Move each of (b, c, s, s) pictures by whole pixels, at most ``pad``, repeating its edges."""
    count, _, size, _ = pictures.shape
    padded = functional.pad(pictures, (pad,) * 4, mode="replicate")
    windows = padded.unfold(2, size, 1).unfold(3, size, 1)  # (b, c, 2 pad + 1, 2 pad + 1, s, s)
    rows, columns = torch.randint(2 * pad + 1, (2, count), generator=generator)
    return windows[torch.arange(count), :, rows.to(pictures.device), columns.to(pictures.device)]


class PixelEncoder(nn.Module):
    """Four convolutions of 32 filters, the first with stride 2: (b, c, s, s) -> (b, size).

    Args:
        bfloat16: multiply in bfloat16; weights and results are float32.
    """

    def __init__(self, channels: int, picture_size: int, bfloat16: bool = False) -> None:
        super().__init__()
        self._bfloat16 = bfloat16
        sizes = (channels, 32, 32, 32, 32)
        layers = [
            layer
            for index in range(4)
            for layer in (
                nn.Conv2d(sizes[index], sizes[index + 1], 3, stride=1 + (index == 0)),
                nn.ReLU(),
            )
        ]
        self.layers = nn.Sequential(*layers)
        with torch.no_grad():
            nothing = torch.zeros(1, channels, picture_size, picture_size)
            self.size = self.layers(nothing).numel()
        self.apply(orthogonal)

    def forward(self, pictures: Tensor) -> Tensor:
        """``pictures`` are 0..255."""
        scaled = (pictures / 255.0 - 0.5).contiguous(memory_format=torch.channels_last)
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=self._bfloat16):
            features: Tensor = self.layers(scaled)
        return features.float().flatten(1)


class Trunk(nn.Sequential):
    """What actor and critic each see: (b, size) -> (b, 50)."""

    SIZE = 50

    def __init__(self, inputs: int) -> None:
        super().__init__(nn.Linear(inputs, self.SIZE), nn.LayerNorm(self.SIZE), nn.Tanh())


class Actor(nn.Module):
    """The mean action of encoded pictures, in [-1, 1]."""

    def __init__(self, inputs: int, action_size: int, hidden: int) -> None:
        super().__init__()
        self.trunk = Trunk(inputs)
        self.layers = mlp(Trunk.SIZE, hidden, action_size)
        self.apply(orthogonal)

    def forward(self, encoded: Tensor) -> Tensor:
        """(b, size) -> (b, a)."""
        return torch.tanh(self.layers(self.trunk(encoded)))


class Critic(nn.Module):
    """Two estimates of the return."""

    def __init__(self, inputs: int, action_size: int, hidden: int) -> None:
        super().__init__()
        self.trunk = Trunk(inputs)
        self.heads = nn.ModuleList(mlp(Trunk.SIZE + action_size, hidden, 1) for _ in range(2))
        self.apply(orthogonal)

    def forward(self, encoded: Tensor, actions: Tensor) -> Tensor:
        """(b, size), (b, a) -> (b, 2)."""
        joined = torch.cat([self.trunk(encoded), actions], dim=-1)
        return torch.cat([head(joined) for head in self.heads], dim=-1)


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Two hidden layers."""
    return nn.Sequential(
        *(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()),
        nn.Linear(hidden, outputs),
    )


def orthogonal(module: nn.Module) -> None:
    """The start of the weights."""
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        gain = nn.init.calculate_gain("relu") if isinstance(module, nn.Conv2d) else 1.0
        nn.init.orthogonal_(module.weight, gain)
        assert module.bias is not None
        nn.init.zeros_(module.bias)
