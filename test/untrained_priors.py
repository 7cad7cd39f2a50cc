"""Priors with random weights, for tests of everything that only needs their shapes."""

from __future__ import annotations

from pathlib import Path

import torch

from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.denoiser import LatentDenoiser
from fmac_ros.priors.picture_head import PictureHead, PictureHeadConfig
from fmac_ros.priors.video import VideoPipeline, make_scheduler


def write_untrained(folder: Path, seed: int = 0) -> Path:
    """Write ``encoder/ value/ success/ video/`` of the shipped sizes; returns the folder."""
    torch.manual_seed(seed)
    PictureAutoencoder().half().save_pretrained(folder / "encoder")
    PictureHead(PictureHeadConfig()).half().save_pretrained(folder / "value")
    PictureHead(PictureHeadConfig(threshold=0.7)).half().save_pretrained(folder / "success")
    pipeline = VideoPipeline(LatentDenoiser().half(), make_scheduler())
    pipeline.save_pretrained(folder / "video")
    return folder
