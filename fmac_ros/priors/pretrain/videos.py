"""Read a data set of annotated, action-free videos.

A data set is a directory of ``shard_*.safetensors``. Each shard holds, for its N frames,
``pictures`` (N, h, w, 3) uint8, ``video`` (N,) the shard's own video number, ``frame`` (N,) the
place in the video, ``solved`` (N,) whether the video's sentence is fulfilled in this frame, and
``steps_to_end`` (N,) the frames left to the first solved one (0 once solved, -1 if it never is);
and in the metadata ``videos``, a JSON list with one ``VideoInfo`` a video.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import safe_open

from fmac_ros.picture import shrink

SOLVING_KINDS = ("expert", "recover")
KINDS = (*SOLVING_KINDS, "near_miss", "wrong_object", "random")


@dataclass(frozen=True)
class VideoInfo:
    """Who did what in one video; the other sentences name what else is in the scene."""

    sentence: str
    arm: str
    task: str
    kind: str
    seed: int
    other_sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class VideoTable:
    """The annotations of all frames of a data set, one row a frame, videos one after another.

    Attributes:
        infos: one a video.
        video: (N,) int64 index into ``infos``.
        frame: (N,) int64 place in the video, from 0.
        solved: (N,) bool.
        steps_to_end: (N,) int64 frames to the first solved one, -1 if there is none.
    """

    infos: tuple[VideoInfo, ...]
    video: np.ndarray
    frame: np.ndarray
    solved: np.ndarray
    steps_to_end: np.ndarray

    def __len__(self) -> int:
        return len(self.video)

    @cached_property
    def first(self) -> np.ndarray:
        """(N,) row of the first frame of each row's video."""
        return np.searchsorted(self.video, self.video, side="left")

    @cached_property
    def last(self) -> np.ndarray:
        """(N,) row of the last frame of each row's video."""
        return np.searchsorted(self.video, self.video, side="right") - 1

    @cached_property
    def kind(self) -> np.ndarray:
        """(N,) kind of each row's video."""
        return np.array([info.kind for info in self.infos])[self.video]

    @cached_property
    def task(self) -> np.ndarray:
        """(N,) task of each row's video."""
        return np.array([info.task for info in self.infos])[self.video]


def shard_paths(directory: Path) -> list[Path]:
    """The shards of a data set, in order."""
    paths = sorted(directory.glob("shard_*.safetensors"))
    if not paths:
        raise FileNotFoundError(f"no shard_*.safetensors in {directory}")
    return paths


def read_table(directory: Path) -> VideoTable:
    """Read and check the annotations of every shard."""
    parts = [read_annotations(path) for path in shard_paths(directory)]
    offsets = np.cumsum([0] + [len(infos) for infos, _ in parts])
    columns = {name: np.concatenate([c[name] for _, c in parts]) for name in parts[0][1]}
    shards = zip(parts, offsets, strict=False)
    columns["video"] = np.concatenate([c["video"] + offset for (_, c), offset in shards])
    columns["solved"] = columns["solved"].astype(bool)
    return VideoTable(infos=tuple(info for infos, _ in parts for info in infos), **columns)


def read_pictures(path: Path) -> np.ndarray:
    """The (N, h, w, 3) uint8 pictures of one shard."""
    with safe_open(path, framework="numpy") as shard:
        return shard.get_tensor("pictures")


def read_all_pictures(directory: Path, size: tuple[int, int] | None = None) -> np.ndarray:
    """The (N, h, w, 3) uint8 pictures of a data set, in the rows of its table.

    Args:
        size: (h, w) to shrink them to, by a whole factor; None leaves them as they are.
    """
    pictures = (read_pictures(path) for path in shard_paths(directory))
    return np.concatenate([shrink(part, size) if size else part for part in pictures])


def read_annotations(path: Path) -> tuple[list[VideoInfo], dict[str, np.ndarray]]:
    """The infos and the checked annotation columns of one shard."""
    with safe_open(path, framework="numpy") as shard:
        metadata = shard.metadata() or {}
        if "videos" not in metadata:
            raise ValueError(f"{path} has no 'videos' in its metadata, so it is no video shard")
        infos = [VideoInfo(**info) for info in json.loads(metadata["videos"])]
        names = ("video", "frame", "solved", "steps_to_end")
        columns = {name: shard.get_tensor(name).astype(np.int64) for name in names}
    _check(path, infos, columns)
    return infos, columns


def _check(path: Path, infos: list[VideoInfo], columns: dict[str, np.ndarray]) -> None:
    unknown = sorted({info.kind for info in infos} - set(KINDS))
    if unknown:
        raise ValueError(f"{path} has videos of kind {unknown}, valid: {', '.join(KINDS)}")
    video, frame = columns["video"], columns["frame"]
    if len(video) and not 0 <= video.min() <= video.max() < len(infos):
        raise ValueError(f"{path} numbers videos {video.min()}..{video.max()} of {len(infos)}")
    same = np.diff(video) == 0
    in_order = np.where(same, np.diff(frame) == 1, (np.diff(video) > 0) & (frame[1:] == 0))
    if not in_order.all():
        row = int(np.flatnonzero(~in_order)[0]) + 1
        raise ValueError(f"{path} row {row} is out of order, valid: frame after frame, by video")
