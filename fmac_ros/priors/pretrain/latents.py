"""The data set as latents: encoded in a few looks, read by every later stage.

The first look is at the pictures as they are. In each other one a video's cameras are moved and its
light is another, all through the video. Without these a video prior that trains for long learns
the scenes by heart: its error fell from 0.41 to 0.29 of copying on the videos it had seen, and from
0.41 to 0.38 on others.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from fmac_ros.priors.encoder import Encoder
from fmac_ros.priors.pretrain.augment import jitter
from fmac_ros.priors.pretrain.frames import Frames
from fmac_ros.priors.pretrain.training import Log
from fmac_ros.priors.pretrain.videos import read_annotations, read_pictures, shard_paths
from fmac_ros.shifting import draw_moves, shifted

TRAINING_LOOKS = 4


def write_latents(
    videos: Path,
    encoder: Encoder,
    folder: Path,
    log: Log,
    part: slice = slice(None),
    looks: int = 1,
) -> None:
    """Encode the shards of ``videos[part]`` into ``folder``; those already there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in shard_paths(videos)[part]:
        for look in range(looks):
            target = latents_path(folder, path, encoder.version, look)
            if target.exists():
                continue
            latents = encoder.encode(look_at(path, look))
            partial = target.with_suffix(".partial")
            save_file({"latents": latents}, partial)
            os.replace(partial, target)
            log(f"latents: {target.name}, {len(latents)} pictures")


def look_at(shard: Path, look: int) -> np.ndarray:
    """The (N, h, w, 3) uint8 pictures of a shard in one look, the same at every call."""
    pictures = read_pictures(shard)
    if look == 0:
        return pictures
    seed = zlib.crc32(f"{shard.name}/{look}".encode())
    rng = np.random.default_rng(seed)
    video = read_annotations(shard)[1]["video"]  # (N,)
    generator = torch.Generator().manual_seed(seed)
    moves = draw_moves(torch.from_numpy(pictures[:1]), int(video.max()) + 1, generator)
    out = np.empty_like(pictures)
    for number in np.unique(video):
        own = np.flatnonzero(video == number)
        move = moves[:, number : number + 1].expand(-1, len(own), -1)
        out[own] = jitter(shifted(torch.from_numpy(pictures[own]), move).numpy(), rng)
    return out


def read_latents(videos: Path, version: str, folder: Path, look: int = 0) -> Frames:
    """Read (N, c, h, w) float16 latents of a look in the rows of the table of ``videos``."""
    paths = [latents_path(folder, path, version, look) for path in shard_paths(videos)]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise FileNotFoundError(f"{folder} lacks {missing[0]}; run the stage 'latents' first")
    return Frames([load_file(path)["latents"] for path in paths])


def latents_path(folder: Path, shard: Path, version: str, look: int = 0) -> Path:
    """Where a shard's latents lie; another autoencoder writes other files."""
    return folder / f"{shard.stem}-{version}-{look}.safetensors"
