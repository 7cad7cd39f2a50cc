"""The embedded priors' architecture for another picture size."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.heads import LatentHead, LatentHeadConfig
from fmac_ros.priors.picture_head import PictureHead, PictureHeadConfig, is_picture_head
from fmac_ros.priors.registry import find_priors
from fmac_ros.priors.spec import EMBEDDED


def save_sized(folder: Path, height: int, width: int) -> Path:
    """Write priors for (height, width) pictures [px], as wide and deep as the embedded ones.

    Value and success have random weights, which take as long as trained ones and judge
    nothing. The video prior is the embedded one and takes its own size only.
    """
    root = find_priors(EMBEDDED)
    shape = {"height": height, "width": width}
    config: dict[str, Any] = dict(PictureAutoencoder.load_config(root / "encoder"))
    encoder = PictureAutoencoder.from_config({**config, **shape})
    encoder.save_pretrained(folder / "encoder")
    for part in ("value", "success"):
        _save_head(root / part, folder / part, encoder)
    shutil.copytree(root / "video", folder / "video")
    return folder


def _save_head(source: Path, target: Path, encoder: PictureAutoencoder) -> None:
    """The head of ``source`` with random weights, for the pictures and latents of an encoder."""
    if is_picture_head(source):
        seeing = PictureHeadConfig.from_pretrained(source)
        seeing.picture_size = [encoder.config.height, encoder.config.width]
        PictureHead(seeing).save_pretrained(target)
        return
    config = LatentHeadConfig.from_pretrained(source)
    config.latent_shape = list(encoder.latent_shape)
    LatentHead(config).save_pretrained(target)
