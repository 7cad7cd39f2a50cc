"""Write the clips of a source as shards beside the rendered ones; finished shards are kept."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from fmac_ros.priors.pretrain.sources.common import Clip, ImportOptions, Source
from fmac_ros.priors.pretrain.videos import VideoInfo
from fmac_ros.sim.videos import steps_to_end

CLIPS_PER_SHARD = 25
IMPORTED = "shard_import-"  # read like rendered shards, which are only numbered


def has_imported(folder: Path) -> bool:
    """Whether a data set holds imported videos."""
    return any(folder.glob(f"{IMPORTED}*.safetensors"))


def missing_shards(
    folder: Path, source: Source, clips: Sequence[Clip], options: ImportOptions
) -> dict[Path, Sequence[Clip]]:
    """Shards that ``folder`` lacks, with their clips.

    Raises:
        ValueError: shards of that name were imported from other videos or with other options.
    """
    label = re.sub(r"[^\w.-]", "-", source.name)
    facts = _facts(source, clips, options)
    for path in sorted(folder.glob(f"{IMPORTED}{label}-[0-9]*.safetensors")):
        if _read_facts(path) != facts:
            raise ValueError(
                f"{path} was imported from other videos called {source.name!r}, or with other "
                "options: delete the shards of that name, or rename the folder to import"
            )
    shards = {
        folder / f"{IMPORTED}{label}-{index:05d}.safetensors": clips[
            start : start + CLIPS_PER_SHARD
        ]
        for index, start in enumerate(range(0, len(clips), CLIPS_PER_SHARD))
    }
    return {path: part for path, part in shards.items() if not path.is_file()}


def write_shards(
    shards: dict[Path, Sequence[Clip]],
    source: Source,
    clips: Sequence[Clip],
    options: ImportOptions,
) -> Iterator[Path]:
    """Read the clips of each shard and write it; yields each path when it is there."""
    source_facts = json.dumps(_facts(source, clips, options))
    for path, part in shards.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = _tensors([_read(clip) for clip in part])
        infos: list[VideoInfo] = [clip.info for clip in part]
        metadata = {"videos": json.dumps([asdict(i) for i in infos]), "source": source_facts}
        partial = path.with_suffix(".part")
        save_file(tensors, partial, metadata=metadata)
        partial.replace(path)
        yield path


def _read(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    try:
        return clip.read()
    except (ValueError, OSError) as error:
        raise ValueError(f"{clip.where}: {error}") from error


def _tensors(videos: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    lengths = [len(solved) for _, solved in videos]
    return {
        "pictures": np.concatenate([pictures for pictures, _ in videos]),
        "video": np.repeat(np.arange(len(videos), dtype=np.int32), lengths),
        "frame": np.concatenate([np.arange(n, dtype=np.int32) for n in lengths]),
        "solved": np.concatenate([solved for _, solved in videos]).astype(np.uint8),
        "steps_to_end": np.concatenate([steps_to_end(solved) for _, solved in videos]),
    }


def _facts(source: Source, clips: Sequence[Clip], options: ImportOptions) -> dict[str, object]:
    """Where the videos come from, without the place on this machine."""
    content = [[asdict(clip.info), [path.stat().st_size for path in clip.files]] for clip in clips]
    return {
        "name": source.name,
        "kind": source.kind,
        "cameras": list(source.cameras),
        "seconds_per_frame": options.seconds_per_frame,
        "digest": hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12],
    }


def _read_facts(path: Path) -> dict[str, object]:
    with safe_open(path, framework="numpy") as shard:
        facts: dict[str, object] = json.loads((shard.metadata() or {}).get("source", "{}"))
    return facts
