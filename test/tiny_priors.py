"""Priors with random weights, small enough to be made anew for every test session."""

from __future__ import annotations

from pathlib import Path

import torch

from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.denoiser import LatentDenoiser
from fmac_ros.priors.picture_head import PictureHead, PictureHeadConfig
from fmac_ros.priors.video import VideoPipeline, make_scheduler

FRAMES = 4


def save_tiny_priors(folder: Path, threshold: float = 0.5) -> Path:
    """Write ``encoder/ value/ success/ video/`` below ``folder``; pictures are 64 x 128."""
    torch.manual_seed(0)
    encoder = PictureAutoencoder(width_fine=8, width_coarse=8, blocks=1)
    encoder.save_pretrained(folder / "encoder")
    save_tiny_head(folder / "value")
    save_tiny_head(folder / "success", threshold=threshold)
    denoiser = LatentDenoiser(
        frames=FRAMES,
        width_fine=8,
        width_coarse=8,
        blocks_fine=1,
        blocks_coarse=1,
        frame_scales=(1.0,) * FRAMES,
    )
    VideoPipeline(denoiser, make_scheduler(), steps=2).save_pretrained(folder / "video")
    return folder


def save_tiny_head(
    folder: Path, picture_size: tuple[int, int] = (64, 128), threshold: float = 0.5
) -> None:
    """Write a value or success head with random weights."""
    widths = {"width_first": 8, "width_fine": 8, "width_coarse": 8, "width_flat": 2}
    config = PictureHeadConfig(picture_size, blocks=1, threshold=threshold, **widths)
    PictureHead(config).save_pretrained(folder)
