"""The data set as latents: encoded once, read by every later stage."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from fmac_ros.priors.encoder import Encoder
from fmac_ros.priors.pretrain.augment import jitter
from fmac_ros.priors.pretrain.training import Log
from fmac_ros.priors.pretrain.videos import read_annotations, read_pictures, shard_paths


def write_latents(
    videos: Path, encoder: Encoder, folder: Path, seed: int, log: Log, part: slice = slice(None)
) -> None:
    """Encode the shards of ``videos[part]``; those already there are kept.

    Args:
        folder: written: one file a shard with ``plain`` and ``jittered`` (n, c, h, w) float16,
            the second under another light for each video.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in list(enumerate(shard_paths(videos)))[part]:
        target = folder / f"{path.stem}-{encoder.version}.safetensors"
        if target.exists():
            continue
        rng = np.random.default_rng([seed, number])
        pictures = read_pictures(path)
        light = _jitter_videos(pictures, read_annotations(path)[1]["video"], rng)
        latents = {"plain": encoder.encode(pictures), "jittered": encoder.encode(light)}
        partial = target.with_suffix(".partial")
        save_file(latents, partial)
        os.replace(partial, target)
        log(f"latents: {target.name}, {len(pictures)} pictures")


def read_latents(videos: Path, version: str, folder: Path) -> np.ndarray:
    """Read (2, N, c, h, w) float16: plain and jittered, in the rows of the table."""
    paths = [folder / f"{path.stem}-{version}.safetensors" for path in shard_paths(videos)]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise FileNotFoundError(f"{folder} lacks {missing[0]}; run the stage 'latents' first")
    shards = [load_file(path) for path in paths]
    return np.stack([np.concatenate([s[key] for s in shards]) for key in ("plain", "jittered")])


def _jitter_videos(pictures: np.ndarray, video: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    light = np.empty_like(pictures)
    for index in np.unique(video):
        rows = video == index
        light[rows] = jitter(pictures[rows], rng)
    return light
