"""A folder of video files with a table of sentences.

The table is ``sentences.jsonl``, ``metadata.jsonl`` or ``metadata.csv``, one row a video::

    {"file_name": "a.mp4", "sentence": "open the drawer"}
    {"front_file_name": "b_front.mp4", "wrist_file_name": "b_wrist.mp4", "sentence": "..."}

``file_name`` is the video of the only camera, ``CAMERA_file_name`` that of one of several. May
be left out: ``success`` (default true for kinds that solve), ``solved_frame`` (from which frame
on the sentence is fulfilled, counted from 0; default the last one), ``kind``, ``arm``, ``task``,
``other_sentences`` (about other things in the scene) and ``fps``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fmac_ros.priors.pretrain.sources.common import (
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
from fmac_ros.priors.pretrain.sources.decoding import frame_rate, read_clip
from fmac_ros.priors.pretrain.sources.rows import ONLY_CAMERA, Row, parse_row
from fmac_ros.priors.pretrain.videos import VideoInfo

KIND = "files"
TABLES = ("sentences.jsonl", "metadata.jsonl", "metadata.csv")


def is_video_folder(folder: Path) -> bool:
    """Whether a folder holds a table of sentences."""
    return any((folder / name).is_file() for name in TABLES)


def open_folder(folder: Path, options: ImportOptions) -> Source:
    """Read and check the table; the videos are read with the clips.

    Raises:
        FileNotFoundError: a video of the table is missing; names file and row.
        ValueError: a row is wrong; names it and what is valid.
    """
    tables = [folder / name for name in TABLES if (folder / name).is_file()]
    if len(tables) != 1:
        names = ", ".join(table.name for table in tables) or "none"
        raise ValueError(f"{folder} has the tables {names}, valid: one of {', '.join(TABLES)}")
    rows = [parse_row(where, content) for where, content in _contents(tables[0])]
    if not rows:
        raise ValueError(f"{tables[0]} has no row, valid: one for each video")
    cameras = choose_cameras(tuple(rows[0].files), options, rows[0].where)
    clips = [_clip(folder, row, cameras, options, i) for i, row in enumerate(rows)]
    return Source(folder.resolve().name, KIND, cameras, tuple(clips))


def _contents(table: Path) -> Iterator[tuple[str, Any]]:
    """Each row's place and content; empty cells are left out."""
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{table} is not UTF-8 text: {error}") from error
    place = f"{table.parent.name}/{table.name}"
    if table.suffix == ".csv":
        for number, cells in enumerate(csv.DictReader(io.StringIO(text)), 1):
            where = f"{place} row {number}"
            if None in cells:
                raise ValueError(f"{where} has more cells than the header has columns")
            yield where, {key: value for key, value in cells.items() if value}
        return
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{place} row {number}"
        try:
            if line.strip():
                yield where, json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{where} is not JSON: {error}") from error


def _clip(
    folder: Path, row: Row, cameras: tuple[str, ...], options: ImportOptions, number: int
) -> Clip:
    for camera in cameras:
        if camera not in row.files:
            column = "file_name" if camera == ONLY_CAMERA else f"{camera}_file_name"
            raise ValueError(f"{row.where} has no {column!r}, which other rows have")
    files = tuple(folder / row.files[camera] for camera in cameras)
    for name, path in zip((row.files[camera] for camera in cameras), files, strict=True):
        if not path.is_file():
            raise FileNotFoundError(f"{row.where}: no file {name!r} in {folder}")
    info = VideoInfo(
        sentence=row.sentence,
        arm=row.arm or options.arm,
        task=row.task or folder.resolve().name,
        kind=row.kind,
        seed=number,
        other_sentences=row.other_sentences,
    )
    read = partial(_footage, files, row, options.seconds_per_frame)
    return Clip(row.where, info, files, read)


def _footage(files: tuple[Path, ...], row: Row, seconds: float) -> Footage:
    views = [read_clip(path, PICTURE_SIZE) for path in files]
    rates = [row.fps or frame_rate(path) for path in files]
    kept = [
        frames_at_period(len(view), rate, seconds) for view, rate in zip(views, rates, strict=True)
    ]
    steps = [len(frames) for frames in kept]
    if max(steps) - min(steps) > 1:
        names = ", ".join(path.name for path in files)
        raise ValueError(f"{names} last {steps} steps of {seconds} s, valid: equally long")
    kept = [frames[-min(steps) :] for frames in kept]
    parts = [view[frames] for view, frames in zip(views, kept, strict=True)]
    return tile_views(parts), solved_since_last(_solved(row, files[0], len(views[0])), kept[0])


def _solved(row: Row, path: Path, frames: int) -> np.ndarray:
    """(frames,) bool of the first camera's video."""
    if not row.success:
        return solved_from(frames, None)
    first = frames - 1 if row.solved_frame is None else row.solved_frame
    if first >= frames:
        raise ValueError(f"solved_frame is {first}, valid: 0..{frames - 1} of {path.name}")
    return solved_from(frames, first)
