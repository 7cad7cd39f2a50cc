"""The embedded priors' architecture for another picture size."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.picture_head import PictureHead, PictureHeadConfig
from fmac_ros.priors.registry import find_priors
from fmac_ros.priors.spec import EMBEDDED


def save_sized(folder: Path, height: int, width: int) -> Path:
    """Write priors for (height, width) pictures [px], as wide and deep as the embedded ones.

    Value and success look at the pictures, the autoencoder at half their size each way. They
    have random weights, which take as long as trained ones and judge nothing. The video prior
    is the embedded one and takes its own size only.
    """
    root = find_priors(EMBEDDED)
    config: dict[str, Any] = dict(PictureAutoencoder.load_config(root / "encoder"))
    halved = {"height": height // 2, "width": width // 2}
    PictureAutoencoder.from_config({**config, **halved}).save_pretrained(folder / "encoder")
    for part in ("value", "success"):
        head = PictureHeadConfig.from_pretrained(root / part, picture_size=[height, width])
        PictureHead(head).save_pretrained(folder / part)
    shutil.copytree(root / "video", folder / "video")
    return folder
