"""Train the latent space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fmac_ros.devices import device_of
from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.encoder import Encoder, to_tensor
from fmac_ros.priors.pretrain.augment import jitter
from fmac_ros.priors.pretrain.frames import map_pictures
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.starting import as_new
from fmac_ros.priors.pretrain.training import Log, Loss, fit
from fmac_ros.priors.pretrain.videos import VideoTable, read_all_pictures, read_table
from fmac_ros.priors.registry import load_encoder_from

LATENT_NOISE = 0.1  # with the pull to zero below: a latent of bounded precision, so a smooth one
LATENT_PULL = 1e-3
# Most of every picture is a grey, static background, and the tool's tip is three pixels wide:
# unweighted, the small coloured things that decide a task are the last to be learned.
CHANGE_WEIGHT = 6.0  # of pixels that move
CHANGE_LEVEL = 0.08  # of the -1..1 scale
CHROMA_WEIGHT = 12.0  # of pixels by their colourfulness
EDGE_WEIGHT = 0.25
SQUARE_WEIGHT = 2.0
STATISTICS_PICTURES = 2048
# Of a fine-tuned one's latents to those it began with: the video prior that has learned on these
# goes on from there, and has only to learn what the latents did not show before.
LATENT_KEEP = 0.03
HALF = 2  # pixels of a data set's pictures, each way, in one of the autoencoder's


def train_autoencoder(settings: PretrainSettings, log: Log) -> PictureAutoencoder:
    """Train, set the latents' statistics and save in half precision.

    One that is fine-tuned keeps the statistics of ``start_from``, and its latents close to those.
    """
    torch.manual_seed(settings.seed)
    start = _start(settings)
    model = as_new(start.model) if start else PictureAutoencoder(*small_size(settings.videos))
    size = model.config.height, model.config.width
    table, pictures = read_table(settings.videos), read_all_pictures(settings.videos, size)
    loss = reconstruction(
        table, pictures, settings.batch("autoencoder"), start.model if start else None
    )
    fit("autoencoder", model, loss, settings, log)
    if start:
        model.register_to_config(started_from=start.version)
    else:
        set_statistics(model, pictures, np.random.default_rng(settings.seed))
    model.half().save_pretrained(settings.weights / "encoder")
    return model.float()


def _start(settings: PretrainSettings) -> Encoder | None:
    if settings.start_from is None:
        return None
    start = load_encoder_from(settings.start_from / "encoder")
    start.model.to(settings.device)
    return start


def small_size(videos: Path) -> tuple[int, int]:
    """(h, w) that the latents are of: a data set's pictures, shrunk by half."""
    _, height, width, _ = map_pictures(videos).shape
    return height // HALF, width // HALF


def reconstruction(
    table: VideoTable, pictures: np.ndarray, batch: int, start: PictureAutoencoder | None = None
) -> Loss:
    """Weighted error of pixels and of their edges, with a pull of the latents to zero.

    Args:
        start: pulls the latents to its own, too.
    """

    def loss(model: nn.Module, rng: np.random.Generator) -> torch.Tensor:
        rows = rng.integers(len(table), size=batch)
        pairs = np.stack([pictures[rows], pictures[reference_rows(table, rows)]], axis=1)
        if rng.random() < 0.5:
            pairs = np.stack([jitter(pair, rng) for pair in pairs])
        device = device_of(model)
        target, reference = to_tensor(pairs[:, 0], device), to_tensor(pairs[:, 1], device)
        weight = pixel_weight(target, reference)
        output, raw = model(target.contiguous(memory_format=torch.channels_last), LATENT_NOISE)
        pull = LATENT_PULL * raw.square().mean()
        if start is not None:
            pull = pull + LATENT_KEEP * distance(raw, target, start)
        return weighted_error(output.float(), target, weight) + pull

    return loss


def distance(raw: torch.Tensor, pictures: torch.Tensor, start: PictureAutoencoder) -> torch.Tensor:
    """Mean square of how far raw latents lie from those of ``start``, as it normalises them."""
    with torch.no_grad():
        before = start.encode(pictures)
    return (start.normalised(raw) - before).square().mean()


def reference_rows(table: VideoTable, rows: np.ndarray) -> np.ndarray:
    """For each row the far end of its video: what differs from there has moved."""
    first, last = table.first[rows], table.last[rows]
    return np.where(rows - first > last - rows, first, last)


def pixel_weight(target: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """(n, 1, h, w) weights of mean 1, high around pixels that moved or are colourful."""
    moved = (target - reference).abs().amax(1, keepdim=True) > CHANGE_LEVEL
    chroma = (target.amax(1, keepdim=True) - target.amin(1, keepdim=True)) / 2  # 0..1
    weight = 1 + CHANGE_WEIGHT * moved + CHROMA_WEIGHT * chroma.square()
    weight = functional.max_pool2d(weight, 3, stride=1, padding=1)
    return weight / weight.mean()


def weighted_error(
    output: torch.Tensor, target: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Weighted L1 and square error between (n, 3, h, w) pictures, plus L1 of their edges.

    L1 alone keeps things sharp but is slow to leave the wrong colour of a small thing.
    """
    difference = output - target
    error = (weight * (difference.abs() + SQUARE_WEIGHT * difference.square())).mean()
    for axis in (2, 3):
        edges = (output.diff(dim=axis) - target.diff(dim=axis)).abs()
        error = error + EDGE_WEIGHT * (weight.narrow(axis, 1, edges.shape[axis]) * edges).mean()
    return error


@torch.inference_mode()
def set_statistics(
    model: PictureAutoencoder, pictures: np.ndarray, rng: np.random.Generator
) -> None:
    """Register the mean and spread of each latent channel over random pictures."""
    sample = rng.permutation(len(pictures))[:STATISTICS_PICTURES]
    parts = np.array_split(sample, max(1, len(sample) // 64))
    device = device_of(model)
    raw = torch.cat([model.encoder(to_tensor(pictures[part], device)) for part in parts])
    mean, std = raw.mean((0, 2, 3)), raw.std((0, 2, 3)).clamp_min(1e-3)
    model.register_to_config(latents_mean=mean.tolist(), latents_std=std.tolist())
