"""A LeRobotDataset of format v3 on disk.

``meta/info.json`` says what there is and how files are named, ``meta/tasks.parquet`` has the
sentences, ``meta/episodes/`` where each episode lies in the shared video files, ``data/`` one row
a frame. Actions and joint states are not read. A stretch of an episode with one sentence becomes
one clip. Where the data has ``next.success``, it says what is solved; without it, the last frame
of a stretch counts as solved, since these are demonstrations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from fmac_ros.priors.pretrain.sources.common import (
    FAILED_KIND,
    PICTURE_SIZE,
    Clip,
    Footage,
    ImportOptions,
    Source,
    choose_cameras,
    frames_at_period,
    solved_from,
    solved_since_last,
    tile_views,
)
from fmac_ros.priors.pretrain.sources.decoding import Reel, decode_image
from fmac_ros.priors.pretrain.sources.lerobot_meta import Episode, Meta, read_episodes, read_meta
from fmac_ros.priors.pretrain.sources.parquet import read_column
from fmac_ros.priors.pretrain.videos import SOLVING_KINDS, VideoInfo
from fmac_ros.priors.text import check_sentence

KIND = "lerobot"


@dataclass(frozen=True)
class Stretch:
    """Frames ``start`` to ``stop`` of an episode, all of one sentence."""

    episode: Episode
    start: int
    stop: int

    def solved(self) -> np.ndarray:
        """(frames,) bool; ``next.success`` of a frame is about the one after it."""
        frames = self.stop - self.start
        if self.episode.success is None:
            return solved_from(frames, frames - 1)
        after = self.episode.success[self.start : self.stop]
        solved = np.concatenate([[False], after[:-1]])
        solved[-1] |= after[-1]  # the frame after the last one is not stored
        return solved


def is_lerobot(folder: Path) -> bool:
    """Whether a folder is a LeRobotDataset of any format."""
    return (folder / "meta" / "info.json").is_file()


def open_lerobot(folder: Path, options: ImportOptions) -> Source:
    """Read and check the tables; the pictures are read with the clips.

    Raises:
        FileNotFoundError: a file that the tables name is missing.
        ValueError: the data set is of another format or damaged, or pyarrow is missing.
    """
    meta = read_meta(folder)
    cameras = choose_cameras(tuple(meta.cameras), options, f"{folder.name}/meta/info.json")
    reels = {camera: Reel() for camera in cameras}
    clips = [
        _clip(meta, stretch, reels, options, number)
        for number, stretch in enumerate(_stretches(meta, cameras))
    ]
    if not clips:
        raise ValueError(f"{folder} has no episode")
    return Source(folder.resolve().name, KIND, cameras, tuple(clips))


def _stretches(meta: Meta, cameras: tuple[str, ...]) -> Iterator[Stretch]:
    for episode in read_episodes(meta, cameras):
        changes = np.flatnonzero(np.diff(episode.task)) + 1
        bounds = [0, *changes.tolist(), len(episode.task)]
        for start, stop in zip(bounds, bounds[1:], strict=False):
            yield Stretch(episode, start, stop)


def _clip(
    meta: Meta, stretch: Stretch, reels: dict[str, Reel], options: ImportOptions, number: int
) -> Clip:
    episode = stretch.episode
    where = f"{meta.folder.name} {episode.where} frame {stretch.start}"
    task = int(episode.task[stretch.start])
    if task not in meta.sentences:
        raise ValueError(f"{where}: task_index is {task}, valid: those of meta/tasks.parquet")
    try:
        sentence = check_sentence(meta.sentences[task])
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    info = VideoInfo(
        sentence=sentence,
        arm=meta.arm or options.arm,
        task=meta.folder.resolve().name,
        kind=SOLVING_KINDS[0] if stretch.solved().any() else FAILED_KIND,
        seed=number,
    )
    read = partial(_footage, meta, stretch, reels, options.seconds_per_frame)
    return Clip(where, info, tuple(episode.files[camera] for camera in reels), read)


def _footage(meta: Meta, stretch: Stretch, reels: dict[str, Reel], seconds: float) -> Footage:
    views = [_view(meta, stretch, camera, reel) for camera, reel in reels.items()]
    kept = frames_at_period(stretch.stop - stretch.start, meta.fps, seconds)
    return tile_views([view[kept] for view in views]), solved_since_last(stretch.solved(), kept)


def _view(meta: Meta, stretch: Stretch, camera: str, reel: Reel) -> np.ndarray:
    """(frames, h, w, 3) uint8 of one camera."""
    path, count = stretch.episode.files[camera], stretch.stop - stretch.start
    start = stretch.episode.starts[camera] + stretch.start
    if meta.cameras[camera] == "video":
        return reel.read(path, start, count, PICTURE_SIZE)
    images = read_column(path, camera, start, count)
    return np.stack([decode_image(image, PICTURE_SIZE, path) for image in images])
