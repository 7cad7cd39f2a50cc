"""Real video files and a tiny LeRobotDataset v3 for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

FPS = 30
SIZE = (96, 128)  # height, width
CAMERAS = ("observation.images.front", "observation.images.wrist")
SENTENCES = ("open the drawer", "close the drawer")


def frames(levels: Iterable[int], channel: int = 0) -> list[np.ndarray]:
    """(h, w, 3) RGB frames of one colour each."""
    made = []
    for level in levels:
        frame = np.zeros((*SIZE, 3), np.uint8)
        frame[..., channel] = level
        made.append(frame)
    return made


def write_video(path: Path, pictures: Sequence[np.ndarray], fps: float = FPS) -> Path:
    """Write an mp4, avi, webm or gif of (h, w, 3) RGB pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    code = {".avi": "MJPG", ".webm": "VP80", ".mp4": "mp4v"}[path.suffix]
    height, width = pictures[0].shape[:2]
    fourcc = cv2.VideoWriter.fourcc(*code)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, fps, (width, height))
    assert writer.isOpened()
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def write_table(folder: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write ``sentences.jsonl``; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row) for row in rows]
    (folder / "sentences.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def episode_levels(episode: int, length: int) -> list[int]:
    """Brightness of an episode's frames: it tells episode and time."""
    return [30 * episode + 20 + 6 * frame for frame in range(length)]


def write_lerobot(
    folder: Path,
    lengths: Sequence[int],
    success: Sequence[Sequence[bool]] | None = None,
    index_name: str = "task",
) -> Path:
    """Write a data set with two cameras; the sentence changes in the middle of episode 1.

    All episodes share one video file a camera, as LeRobot concatenates them.
    """
    import pyarrow as pa
    from pyarrow import parquet

    def table(path: str, columns: Mapping[str, object]) -> None:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pa.table(dict(columns)), target)

    starts = np.cumsum([0, *lengths])
    for channel, camera in enumerate(CAMERAS):
        levels = [x for i, n in enumerate(lengths) for x in episode_levels(i, n)]
        write_video(folder / f"videos/{camera}/chunk-000/file-000.mp4", frames(levels, channel))
    video_columns = {
        f"videos/{camera}/{name}": values
        for camera in CAMERAS
        for name, values in {
            "chunk_index": [0] * len(lengths),
            "file_index": [0] * len(lengths),
            "from_timestamp": [float(start) / FPS for start in starts[:-1]],
            "to_timestamp": [float(end) / FPS for end in starts[1:]],
        }.items()
    }
    tasks = [
        np.where((np.arange(n) >= n // 2) & (i == 1), 1, 0).tolist() for i, n in enumerate(lengths)
    ]
    table(
        "meta/episodes/chunk-000/file-000.parquet",
        {
            "episode_index": list(range(len(lengths))),
            "tasks": [[SENTENCES[t] for t in sorted(set(task))] for task in tasks],
            "length": list(lengths),
            "data/chunk_index": [0] * len(lengths),
            "data/file_index": [0] * len(lengths),
            "dataset_from_index": starts[:-1].tolist(),
            "dataset_to_index": starts[1:].tolist(),
            **video_columns,
        },
    )
    labels = {"next.success": [x for s in success for x in s]} if success else {}
    table(
        "data/chunk-000/file-000.parquet",
        {
            "timestamp": [float(i) / FPS for n in lengths for i in range(n)],
            "frame_index": [i for n in lengths for i in range(n)],
            "episode_index": [e for e, n in enumerate(lengths) for _ in range(n)],
            "index": list(range(int(starts[-1]))),
            "task_index": [x for task in tasks for x in task],
            "action": [[0.0, 1.0]] * int(starts[-1]),
            **labels,
        },
    )
    table("meta/tasks.parquet", {"task_index": [0, 1], index_name: list(SENTENCES)})
    _write_info(folder, list(labels))
    return folder


def _write_info(folder: Path, labels: list[str]) -> None:
    height, width = SIZE
    camera = {"dtype": "video", "shape": [height, width, 3], "info": {"video.fps": FPS}}
    depth = {**camera, "info": {"video.is_depth_map": True}}
    features = {
        "action": {"dtype": "float32", "shape": [2]},
        "observation.images.depth": depth,
        **dict.fromkeys(CAMERAS, camera),
        **{label: {"dtype": "bool", "shape": [1]} for label in labels},
    }
    info = {
        "codebase_version": "v3.0",
        "robot_type": "so101",
        "fps": FPS,
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
        "features": features,
    }
    (folder / "meta/info.json").write_text(json.dumps(info))
