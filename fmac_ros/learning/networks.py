"""The parts that rho and pi are made of."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

LatentShape = tuple[int, int, int]  # channels, height, width


class Gaussian(NamedTuple):
    """A batch of diagonal Gaussians over actions; mean and std are (b, a)."""

    mean: Tensor
    std: Tensor

    def log_prob(self, actions: Tensor) -> Tensor:
        """Log-density of ``actions`` (b, a), summed over components -> (b,)."""
        error = (actions - self.mean) / self.std
        return (-0.5 * error.square() - self.std.log() - 0.5 * math.log(2 * math.pi)).sum(-1)

    def at_least(self, std: float) -> Gaussian:
        """The same means with standard deviations of ``std`` or more."""
        return Gaussian(self.mean, self.std.clamp(min=std))


class Standardiser(nn.Module):
    """Shifts and scales its input by statistics fitted once, on the first data.

    A (c, h, w) input keeps a mean per cell, which takes the still background away, and one
    scale per channel. A vector keeps both per component.
    """

    LIMIT = 6.0  # [standard deviations]; a component that hardly moved in play may jump later
    SMALLEST_SCALE = 1e-3

    mean: Tensor
    scale: Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        scale_shape = shape if len(shape) == 1 else (shape[0], 1, 1)
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("scale", torch.ones(scale_shape))

    @torch.no_grad()
    def fit(self, data: Tensor) -> None:
        """Take mean and scale from data (n, *shape)."""
        over = (0,) if data.ndim == 2 else (0, 2, 3)
        self.mean.copy_(data.mean(0))
        variance = (data - self.mean).square().mean(over)
        self.scale.copy_(variance.sqrt().clamp(min=self.SMALLEST_SCALE).view(self.scale.shape))

    def forward(self, data: Tensor) -> Tensor:
        return ((data - self.mean) / self.scale).clamp(-self.LIMIT, self.LIMIT)


class Keypoints(nn.Module):
    """Where each channel of (b, c, h, w) is brightest, per camera -> (b, size(c)) in [-2, 2].

    A soft arg-max. A width that is a multiple of the height is that many square views side
    by side, each with its own point.
    """

    places: Tensor

    def __init__(self, height: int, breadth: int) -> None:
        super().__init__()
        self.views = breadth // height if breadth % height == 0 else 1
        self.sharpness = nn.Parameter(torch.tensor(1.0))
        rows, columns = torch.linspace(-2, 2, height), torch.linspace(-2, 2, breadth // self.views)
        places = torch.cartesian_prod(rows, columns)  # (h w / v, 2)
        self.register_buffer("places", places, persistent=False)

    def size(self, channels: int) -> int:
        """Coordinates given for that many channels."""
        return 2 * channels * self.views

    def forward(self, features: Tensor) -> Tensor:
        views = torch.stack(features.chunk(self.views, dim=-1), dim=2)  # (b, c, v, h, w / v)
        weight = torch.softmax(self.sharpness * views.flatten(-2), dim=-1)  # (b, c, v, h w / v)
        rows, columns = (weight @ self.places).unbind(-1)  # (b, c, v) each
        return torch.cat([rows.flatten(1), columns.flatten(1)], dim=-1)


class Detector(nn.Sequential):
    """Learns which keypoints to find in latents (b, c, h, w) -> (b, size).

    Args:
        points: keypoints found in each view.
        filters: channels of each 3x3 convolution before them.

    Attributes:
        rough: set to convolve in bfloat16 where no gradient is wanted, in two thirds of the time
            on a processor that can; a point is then off by half a per cent of how much it moves.
    """

    def __init__(self, shape: LatentShape, points: int, *filters: int) -> None:
        channels, height, breadth = shape
        keypoints = Keypoints(height, breadth)
        layers: list[nn.Module] = []
        for width in filters:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.SiLU()]
            channels = width
        super().__init__(*layers, nn.Conv2d(channels, points, 1), keypoints)
        self.size = keypoints.size(points)
        self.rough = False

    def forward(self, latents: Tensor) -> Tensor:
        # Convolutions are a third faster on a CPU with channels last. The weights stay as they
        # are: a fused optimiser wants its restored moments to lie in memory as they do.
        features = latents.contiguous(memory_format=torch.channels_last)
        *convolutions, keypoints = self
        rough = self.rough and not torch.is_grad_enabled()
        with torch.autocast(latents.device.type, torch.bfloat16, enabled=rough):
            for layer in convolutions:
                features = layer(features)
        points: Tensor = keypoints(features.float())
        return points


class Film(nn.Module):
    """Scales and shifts features (b, k) by what a sentence (b, d) says (Perez et al., 2018).

    It begins by doing nothing. Sentences of one arm are much alike, so what counts is how they
    differ from the mean of those that are trained on.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, sentence_size: int, features: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(sentence_size))
        self.register_buffer("scale", torch.ones(()))
        self.linear = nn.Linear(sentence_size, 2 * features)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    @torch.no_grad()
    def fit(self, sentences: Tensor) -> None:
        """Centre sentences on the mean of these (n, d), scale them to a mean length of 1."""
        self.centre.copy_(sentences.mean(0))
        self.scale.copy_((sentences - self.centre).norm(dim=-1).mean().clamp(min=1e-3))

    def forward(self, features: Tensor, sentences: Tensor) -> Tensor:
        gain, shift = self.linear((sentences - self.centre) / self.scale).chunk(2, dim=-1)
        return features * (1.0 + gain) + shift


class StateTrunk(nn.Module):
    """Features of a state: latents (b, c, h, w) and proprio (b, p) -> (b, width).

    All of the picture passes through a few coordinates. A run visits some hundred layouts;
    a layer that sees every cell memorises these, coordinates carry over to the next one. One
    convolution alone finds them less well (docs/results.md).

    Args:
        sentence_size: length d of the embeddings (b, d) that say which of the coordinates matter;
            0 where only one sentence is learned, which then is no input.
    """

    def __init__(
        self, shape: LatentShape, proprio_size: int, width: int = 256, sentence_size: int = 0
    ) -> None:
        super().__init__()
        self.look = Detector(shape, 32, 64, 64)
        self.squeeze = nn.Sequential(
            nn.Linear(self.look.size, width), nn.LayerNorm(width), nn.SiLU()
        )
        self.join = nn.Sequential(nn.Linear(width + proprio_size, width), nn.SiLU())
        self.film = Film(sentence_size, self.look.size) if sentence_size else None

    def fit_sentences(self, sentences: Tensor) -> None:
        """Fit the scale of the embeddings on those that are trained on, (n, d)."""
        if self.film is not None:
            self.film.fit(sentences)

    def forward(self, latents: Tensor, proprio: Tensor, sentences: Tensor | None = None) -> Tensor:
        points = self.look(latents)
        if self.film is not None:
            if sentences is None:
                raise ValueError("a network for several sentences was told none, valid: (b, d)")
            points = self.film(points, sentences)
        return self.join(torch.cat([self.squeeze(points), proprio], dim=-1))


class MotionTrunk(nn.Module):
    """Features of what moved between two latents (b, c, h, w), and proprio (b, p) -> (b, width).

    One detector looks at both frames and only the shift of its points goes on. A network that
    sees the frames themselves fits its data better and new layouts far worse.
    """

    def __init__(self, shape: LatentShape, proprio_size: int, width: int = 256) -> None:
        super().__init__()
        self.look = Detector(shape, 16, 32)
        self.join = nn.Sequential(
            nn.Linear(self.look.size + proprio_size, width),
            nn.LayerNorm(width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
        )

    def forward(self, latents: Tensor, next_latents: Tensor, proprio: Tensor) -> Tensor:
        before, after = self.look(torch.cat([latents, next_latents])).chunk(2)
        return self.join(torch.cat([after - before, proprio], dim=-1))


class GaussianHead(nn.Module):
    """Diagonal Gaussian with its mean in (-1, 1) and its std in [min_std, max_std]."""

    def __init__(self, width: int, action_size: int, min_std: float, max_std: float) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 2 * action_size)
        nn.init.normal_(self.linear.weight, std=0.01)
        nn.init.zeros_(self.linear.bias)
        self.low, self.high = math.log(min_std), math.log(max_std)

    def forward(self, features: Tensor) -> Gaussian:
        mean, spread = self.linear(features).chunk(2, dim=-1)
        log_std = self.low + (self.high - self.low) * torch.sigmoid(spread)
        return Gaussian(torch.tanh(mean), log_std.exp())
