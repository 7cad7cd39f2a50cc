"""Videos of one's own as training data: folders of files and LeRobot data sets to shards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.sources.common import Clip, ImportOptions, Source
from fmac_ros.priors.pretrain.sources.files import TABLES, is_video_folder, open_folder
from fmac_ros.priors.pretrain.sources.lerobot import is_lerobot, open_lerobot
from fmac_ros.priors.pretrain.sources.pictures import check_picture_size
from fmac_ros.priors.pretrain.sources.shards import missing_shards, write_shards
from fmac_ros.priors.pretrain.training import Log


@dataclass(frozen=True)
class _Part:
    """The clips of a source that go to one data set."""

    name: str
    folder: Path
    source: Source
    clips: Sequence[Clip]
    missing: dict[Path, Sequence[Clip]]


def open_source(folder: Path, options: ImportOptions) -> Source:
    """Read the tables of a folder, whose form is found out.

    Raises:
        FileNotFoundError: there is no such folder, or a file that it names is missing.
        ValueError: it has none of the known forms, or its content is wrong.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder} to import")
    if is_lerobot(folder):
        return open_lerobot(folder, options)
    if is_video_folder(folder):
        return open_folder(folder, options)
    raise ValueError(
        f"{folder} is neither a folder of videos, which has one of {', '.join(TABLES)}, "
        "nor a LeRobotDataset, which has meta/info.json"
    )


def import_videos(
    folders: Sequence[Path], settings: PretrainSettings, options: ImportOptions, log: Log
) -> None:
    """Write what is missing of the folders' videos as training and held-out shards.

    Raises:
        FileNotFoundError, ValueError: like ``open_source``; also where a video cannot be read,
            pictures do not fit those already there, or the run has begun to learn without them.
    """
    sources = [open_source(folder, options) for folder in folders]
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        raise ValueError(f"folders to import are called {', '.join(names)}, valid: different names")
    check_picture_size(sources, settings)
    parts = [part for source in sources for part in _parts(source, settings, options)]
    if any(part.missing for part in parts):
        _check_not_trained(settings)
    for part in parts:
        _write(part, options, log)


def held_out_clips(count: int, share: float) -> np.ndarray:
    """(count,) bool, evenly spread; of two or more clips at least one is on either side."""
    number = round(count * share)
    if 0 < share < 1 and count > 1:
        number = min(max(number, 1), count - 1)
    chosen = np.zeros(count, bool)
    chosen[(np.arange(number) * count) // max(number, 1)] = True
    return chosen


def _parts(source: Source, settings: PretrainSettings, options: ImportOptions) -> list[_Part]:
    chosen = held_out_clips(len(source.clips), options.held_out)
    sides = (("training", settings.videos, ~chosen), ("held-out", settings.validation, chosen))
    parts = []
    for name, folder, mask in sides:
        clips = [clip for clip, is_in in zip(source.clips, mask, strict=True) if is_in]
        missing = missing_shards(folder, source, clips, options)
        parts.append(_Part(name, folder, source, clips, missing))
    return parts


def _check_not_trained(settings: PretrainSettings) -> None:
    done = {path.name for path in (settings.work / "done").glob("*")} - {"videos"}
    if done:
        raise ValueError(
            f"{settings.work} has already learned from other videos ({', '.join(sorted(done))} "
            "done): choose another --work"
        )


def _write(part: _Part, options: ImportOptions, log: Log) -> None:
    title = f"import: {part.source.name} ({part.source.kind})"
    log(f"{title}: {len(part.clips)} {part.name} videos, {len(part.missing)} shards to write")
    written = write_shards(part.missing, part.source, part.clips, options)
    for count, path in enumerate(written, 1):
        log(f"{title}: {count} of {len(part.missing)} {part.name} shards, {path.name}")
