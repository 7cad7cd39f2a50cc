"""The embedded priors' architecture for another picture size."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.heads import LatentHead, LatentHeadConfig
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
        head = LatentHeadConfig.from_pretrained(root / part)
        head.latent_shape = list(encoder.latent_shape)
        LatentHead(head).save_pretrained(folder / part)
    shutil.copytree(root / "video", folder / "video")
    return folder
