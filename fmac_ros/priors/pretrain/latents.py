"""The data set as latents: encoded once, read by every later stage."""

from __future__ import annotations

import os
from pathlib import Path

from safetensors.numpy import load_file, save_file

from fmac_ros.priors.encoder import Encoder
from fmac_ros.priors.pretrain.frames import Frames
from fmac_ros.priors.pretrain.training import Log
from fmac_ros.priors.pretrain.videos import read_pictures, shard_paths


def write_latents(
    videos: Path, encoder: Encoder, folder: Path, log: Log, part: slice = slice(None)
) -> None:
    """Encode the shards of ``videos[part]`` into ``folder``; those already there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in shard_paths(videos)[part]:
        target = latents_path(folder, path, encoder.version)
        if target.exists():
            continue
        latents = encoder.encode(read_pictures(path))
        partial = target.with_suffix(".partial")
        save_file({"latents": latents}, partial)
        os.replace(partial, target)
        log(f"latents: {target.name}, {len(latents)} pictures")


def read_latents(videos: Path, version: str, folder: Path) -> Frames:
    """Read (N, c, h, w) float16 latents in the rows of the table of ``videos``."""
    paths = [latents_path(folder, path, version) for path in shard_paths(videos)]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise FileNotFoundError(f"{folder} lacks {missing[0]}; run the stage 'latents' first")
    return Frames([load_file(path)["latents"] for path in paths])


def latents_path(folder: Path, shard: Path, version: str) -> Path:
    """Where a shard's latents lie; another autoencoder writes other files."""
    return folder / f"{shard.stem}-{version}.safetensors"
