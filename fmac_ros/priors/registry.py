"""Load the foundation priors by name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers

from fmac_ros.paths import package_dir
from fmac_ros.priors.autoencoder import PictureAutoencoder
from fmac_ros.priors.base import LatentSpace, SuccessPrior, TextEncoder, ValuePrior, VideoPrior
from fmac_ros.priors.embedded import EmbeddedSuccess, EmbeddedValue, EmbeddedVideo, LatentScorer
from fmac_ros.priors.encoder import Encoder
from fmac_ros.priors.heads import LatentHead
from fmac_ros.priors.remembering import RememberingEncoder
from fmac_ros.priors.text import SentenceEncoder
from fmac_ros.priors.video import VideoPipeline

EMBEDDED = "embedded"
PARTS = ("encoder", "value", "success", "video")
# weights are stored in half precision and run in single; the loader for machines with too
# little memory would need the accelerate package
DIFFUSERS_LOADING = {"torch_dtype": torch.float32, "low_cpu_mem_usage": False}


@dataclass(frozen=True)
class Priors:
    """The priors of one run and the latent space they share."""

    encoder: LatentSpace
    value: ValuePrior
    success: SuccessPrior
    video: VideoPrior
    text: TextEncoder


def load_priors(name: str | Path = EMBEDDED) -> Priors:
    """Load all priors.

    Args:
        name: ``embedded``, a directory with ``encoder/ value/ success/ video/``, or the hub id
            (``owner/name``) of a repository laid out like that.
    """
    root = find_priors(name)
    transformers.utils.logging.disable_progress_bar()
    text = SentenceEncoder()
    encoder = RememberingEncoder(load_encoder_from(root / "encoder"))
    value, success = (
        LatentScorer(LatentHead.from_pretrained(root / part, dtype=torch.float32), encoder, text)
        for part in ("value", "success")
    )
    pipeline = VideoPipeline.from_pretrained(root / "video", **DIFFUSERS_LOADING)
    return Priors(
        encoder=encoder,
        value=EmbeddedValue(value, version_of(root / "value")),
        success=EmbeddedSuccess(success, version_of(root / "success")),
        video=EmbeddedVideo(pipeline, encoder, text, version_of(root / "video")),
        text=text,
    )


def load_encoder(name: str | Path = EMBEDDED) -> Encoder:
    """Load only the latent space, all that acting and learning need."""
    return load_encoder_from(find_priors(name) / "encoder")


def load_encoder_from(folder: Path) -> Encoder:
    """Load the latent space from its own directory."""
    model = PictureAutoencoder.from_pretrained(folder, **DIFFUSERS_LOADING)
    return Encoder(model, version_of(folder))


def find_priors(name: str | Path) -> Path:
    """Return the directory that holds the priors called ``name``."""
    if str(name) == EMBEDDED:
        root = package_dir() / "weights"
    elif Path(name).is_dir():
        root = Path(name)
    elif str(name).count("/") == 1 and not str(name).startswith((".", "/", "~")):
        root = _download(str(name))
    else:
        raise FileNotFoundError(
            f"no priors at {str(name)!r}, valid: {EMBEDDED!r}, a directory, or a hub id owner/name"
        )
    missing = [part for part in PARTS if not (root / part).is_dir()]
    if missing:
        raise FileNotFoundError(
            f"priors in {root} lack {', '.join(missing)}; 'fmac pretrain' makes all of them"
        )
    return root


def version_of(folder: Path) -> str:
    """Short fingerprint of the weights below a directory."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _download(hub_id: str) -> Path:
    from huggingface_hub import snapshot_download

    patterns = ["**/*.json", "**/*.safetensors"]  # never pickled weights
    return Path(snapshot_download(hub_id, allow_patterns=patterns))
