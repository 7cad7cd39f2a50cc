"""What all sources of videos share: options, clips, and how frames are chosen and labelled.

A source is somebody's folder of videos. It is read as clips, each one video of one sentence,
and every clip becomes pictures at the control period with the labels of a rendered video.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fmac_ros.priors.pretrain.videos import VideoInfo

PICTURE_SIZE = 128  # pixels, the height of a picture and the width of one camera's part
FAILED_KIND = "near_miss"  # of a video that does not solve its sentence, where nothing is said

Footage = tuple[np.ndarray, np.ndarray]  # (n, h, w, 3) uint8 pictures and (n,) bool solved


@dataclass(frozen=True)
class ImportOptions:
    """How videos are imported.

    Attributes:
        cameras: which cameras, in the order of the picture; none means all of the source.
        seconds_per_frame: time between two pictures [s]: the control period.
        held_out: share of the clips that go to the held-out videos.
        arm: name of the arm where the source names none.
    """

    cameras: tuple[str, ...] = ()
    seconds_per_frame: float = 0.1
    held_out: float = 0.1
    arm: str = "unknown"

    def __post_init__(self) -> None:
        if not 0 < self.seconds_per_frame < math.inf:
            raise ValueError(f"seconds_per_frame is {self.seconds_per_frame}, valid: above 0")
        if not 0 <= self.held_out <= 1:
            raise ValueError(f"held_out is {self.held_out}, valid: 0..1")
        if len(set(self.cameras)) < len(self.cameras) or "" in self.cameras:
            raise ValueError(f"cameras are {','.join(self.cameras)!r}, valid: different names")
        if not self.arm:
            raise ValueError("arm is empty, valid: a name, e.g. panda")


@dataclass(frozen=True)
class Clip:
    """One video of one sentence, not read yet.

    Attributes:
        where: the file and row that it comes from, for errors.
        files: what ``read`` opens.
        read: returns the footage at the control period; raises ValueError naming the file.
    """

    where: str
    info: VideoInfo
    files: tuple[Path, ...]
    read: Callable[[], Footage]


@dataclass(frozen=True)
class Source:
    """All clips of a folder.

    Attributes:
        name: of the folder, without where it lies.
        kind: form of the folder.
        cameras: those of every picture, from left to right.
    """

    name: str
    kind: str
    cameras: tuple[str, ...]
    clips: tuple[Clip, ...]


def choose_cameras(known: tuple[str, ...], options: ImportOptions, where: str) -> tuple[str, ...]:
    """The asked cameras, or all; ValueError for one that the source does not have."""
    for camera in options.cameras:
        if camera not in known:
            raise ValueError(f"{where} has no camera {camera!r}, valid: {', '.join(known)}")
    return options.cameras or known


def frames_at_period(frames: int, fps: float, seconds: float) -> np.ndarray:
    """Indices of the frames to keep, ``seconds`` apart, counted back from the last one.

    From the end, because the last frame is the one that shows the task solved.
    """
    steps = int((frames - 1) / (fps * seconds) + 1e-6)  # a whole number must not fall short
    back = np.rint(np.arange(steps, -1, -1) * fps * seconds).astype(np.int64)
    return frames - 1 - back


def solved_since_last(solved: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """(k,) whether the task was solved in a kept frame or since the one kept before it."""
    before = np.concatenate([[-1], kept[:-1]])
    pairs = zip(before, kept, strict=True)
    return np.array([solved[start + 1 : end + 1].any() for start, end in pairs], dtype=bool)


def solved_from(frames: int, first: int | None) -> np.ndarray:
    """(frames,) bool: solved from frame ``first`` on, nowhere for None."""
    return np.zeros(frames, bool) if first is None else np.arange(frames) >= first


def tile_views(views: Sequence[np.ndarray]) -> np.ndarray:
    """Put the (n, h, w, 3) pictures of each camera side by side, (n, h, sum of w, 3)."""
    return np.concatenate(list(views), axis=2)
