"""The tables of a LeRobotDataset v3: what is where, and which sentence belongs to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fmac_ros.priors.pretrain.sources.parquet import column_names, read_table

SUCCESS = "next.success"
EPISODE, FRAME, TASK = "episode_index", "frame_index", "task_index"


@dataclass(frozen=True)
class Meta:
    """``info.json`` and the sentences.

    Attributes:
        cameras: ``video`` or ``image`` for each camera that is no depth map.
        sentences: by task index.
        arm: ``robot_type``, empty where it is not said.
    """

    folder: Path
    fps: float
    arm: str
    cameras: Mapping[str, str]
    sentences: Mapping[int, str]
    data_path: str
    video_path: str
    has_success: bool


@dataclass(frozen=True)
class Episode:
    """One episode.

    Attributes:
        files, starts: where its first frame is, for each camera: file, and frame or row in it.
        task: (n,) int64 task index of each frame.
        success: (n,) bool ``next.success``, None where it was not recorded.
    """

    where: str
    files: Mapping[str, Path]
    starts: Mapping[str, int]
    task: np.ndarray
    success: np.ndarray | None


def read_meta(folder: Path) -> Meta:
    """Read ``info.json`` and ``tasks.parquet``. Raises ValueError naming file and entry."""
    path = folder / "meta" / "info.json"
    try:
        info = json.loads(path.read_text())
        version, fps, features = info["codebase_version"], float(info["fps"]), info["features"]
        cameras = {name: f["dtype"] for name, f in features.items() if _is_camera(f)}
        data_path, video_path = info["data_path"], info.get("video_path") or ""
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is not that of a LeRobotDataset: {error!r}") from error
    if not str(version).startswith("v3."):
        raise ValueError(
            f"{path}: codebase_version is {version!r}, valid: v3.x; LeRobot converts v2.1 with "
            "'python -m lerobot.scripts.convert_dataset_v21_to_v30'"
        )
    if not fps > 0:
        raise ValueError(f"{path}: fps is {fps}, valid: above 0")
    if not cameras:
        raise ValueError(f"{path} has no feature of type video or image, so there is no picture")
    arm = info.get("robot_type") or ""
    sentences = _sentences(folder / "meta" / "tasks.parquet")
    return Meta(folder, fps, arm, cameras, sentences, data_path, video_path, SUCCESS in features)


def read_episodes(meta: Meta, cameras: tuple[str, ...]) -> Iterator[Episode]:
    """Read the episodes in the order of their files."""
    paths = sorted((meta.folder / "meta" / "episodes").glob("*/*.parquet"))
    if not paths:
        raise FileNotFoundError(f"no meta/episodes/*/*.parquet in {meta.folder}")
    frames = _Frames(meta)
    for path in paths:
        for row in _rows(read_table(path, _episode_columns(meta, cameras))):
            yield _episode(meta, row, cameras, frames)


class _Frames:
    """The rows of the data file that was asked for last."""

    def __init__(self, meta: Meta) -> None:
        self._meta, self._path = meta, Path()
        self._columns: dict[str, np.ndarray] = {}

    def of(self, path: Path, episode: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """(n,) rows of an episode in order of time, and all columns of its file."""
        if path != self._path:
            names = [EPISODE, FRAME, TASK, *([SUCCESS] if self._meta.has_success else [])]
            content = read_table(path, names)
            self._columns = {n: np.array(v).reshape(len(v), -1)[:, 0] for n, v in content.items()}
            self._path = path
        rows = np.flatnonzero(self._columns[EPISODE] == episode)
        rows = rows[np.argsort(self._columns[FRAME][rows], kind="stable")]
        return rows, self._columns


def _episode(meta: Meta, row: dict[str, Any], cameras: tuple[str, ...], frames: _Frames) -> Episode:
    where = f"episode {row[EPISODE]}"
    data = meta.folder / meta.data_path.format(
        chunk_index=row["data/chunk_index"], file_index=row["data/file_index"]
    )
    rows, columns = frames.of(data, row[EPISODE])
    if not len(rows) or len(rows) != row["length"]:
        raise ValueError(
            f"{meta.folder.name} {where} has {len(rows)} frames in {data.name}, "
            f"valid: {row['length']}, its length, and at least one"
        )
    places = {camera: _place(meta, row, camera, data, int(rows[0])) for camera in cameras}
    success = columns[SUCCESS][rows].astype(bool) if meta.has_success else None
    files = {camera: path for camera, (path, _) in places.items()}
    starts = {camera: start for camera, (_, start) in places.items()}
    return Episode(where, files, starts, columns[TASK][rows], success)


def _place(
    meta: Meta, row: dict[str, Any], camera: str, data: Path, first_row: int
) -> tuple[Path, int]:
    if meta.cameras[camera] == "image":
        return data, first_row
    path = meta.folder / meta.video_path.format(
        video_key=camera,
        chunk_index=row[f"videos/{camera}/chunk_index"],
        file_index=row[f"videos/{camera}/file_index"],
    )
    if not path.is_file():
        raise FileNotFoundError(
            f"episode {row[EPISODE]}: no file {path.relative_to(meta.folder)} in {meta.folder}"
        )
    return path, round(row[f"videos/{camera}/from_timestamp"] * meta.fps)


def _episode_columns(meta: Meta, cameras: tuple[str, ...]) -> list[str]:
    videos = [camera for camera in cameras if meta.cameras[camera] == "video"]
    parts = ("chunk_index", "file_index", "from_timestamp")
    wanted = [f"videos/{camera}/{part}" for camera in videos for part in parts]
    return [EPISODE, "length", "data/chunk_index", "data/file_index", *wanted]


def _sentences(path: Path) -> dict[int, str]:
    """Sentences by index. They are pandas' index, whose column may have any name."""
    texts = [name for name in column_names(path) if name != TASK]
    if not texts:
        raise ValueError(f"{path} has no column of sentences beside {TASK!r}")
    name = "task" if "task" in texts else texts[0]
    content = read_table(path, (TASK, name))
    return dict(zip(content[TASK], content[name], strict=True))


def _is_camera(feature: Mapping[str, Any]) -> bool:
    """Whether a feature is a colour camera; older files mark depth maps elsewhere."""
    info, older = feature.get("info") or {}, feature.get("video_info") or {}
    depth = (info.get("is_depth_map"), *(i.get("video.is_depth_map") for i in (info, older)))
    return feature["dtype"] in ("video", "image") and not any(depth)


def _rows(columns: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))
