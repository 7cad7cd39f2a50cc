"""The stages of a pretraining run, and which of them run beside each other."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from fmac_ros.allocator import keep_freed_memory
from fmac_ros.priors.encoder import Encoder
from fmac_ros.priors.picture_head import load_picture_head
from fmac_ros.priors.pretrain.autoencoder import train_autoencoder
from fmac_ros.priors.pretrain.frames import map_pictures, shrunk_pictures
from fmac_ros.priors.pretrain.heads import score_all
from fmac_ros.priors.pretrain.latent_videos import LatentVideos
from fmac_ros.priors.pretrain.latents import TRAINING_LOOKS, read_latents, write_latents
from fmac_ros.priors.pretrain.picture_videos import PictureVideos
from fmac_ros.priors.pretrain.rendering import render_videos
from fmac_ros.priors.pretrain.report import write_report
from fmac_ros.priors.pretrain.sentences import Sentences
from fmac_ros.priors.pretrain.settings import STAGES, PretrainSettings
from fmac_ros.priors.pretrain.success import train_success
from fmac_ros.priors.pretrain.training import Log
from fmac_ros.priors.pretrain.value import train_value
from fmac_ros.priors.pretrain.video import train_video
from fmac_ros.priors.pretrain.videos import read_table
from fmac_ros.priors.registry import load_encoder_from
from fmac_ros.priors.text import SentenceEncoder

# Each wave's tracks run at once, one process and one core a track (rendering starts its own).
WAVES = (
    (("videos",),),
    (("autoencoder",),),
    (("latents:0",), ("latents:1",)),
    (("value",), ("success",)),
    (("video",),),
    (("report",),),
)


def run_all(settings: PretrainSettings) -> None:
    """Run every stage that has not finished, two at once where they allow it."""
    for wave in WAVES:
        tracks = [_unfinished(track, settings) for track in wave]
        _run_beside([track for track in tracks if track], settings)


def run_track(track: tuple[str, ...], settings: PretrainSettings) -> None:
    """Run stages one after another in this process, on one thread."""
    keep_freed_memory()
    if settings.device == "cpu":
        torch.set_num_threads(1)  # two busy processes with two threads each are ten times slower
    for stage in track:
        name = stage.split(":")[0]
        if name not in STAGES:
            raise ValueError(f"stage is {name!r}, valid: {', '.join(STAGES)}")
        started = time.monotonic()
        log = Logger(settings.work / "log.txt", started)
        _STAGES[name](stage, settings, log)
        log(f"{stage}: done")
        _marker(stage, settings).parent.mkdir(parents=True, exist_ok=True)
        _marker(stage, settings).touch()


class Logger:
    """Prints a line with the stage's seconds and keeps it in the run's log."""

    def __init__(self, path: Path, started: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._started = path, started

    def __call__(self, line: str) -> None:
        text = f"[{time.monotonic() - self._started:6.0f} s] {line}"
        print(text, flush=True)
        with self._path.open("a") as file:
            file.write(text + "\n")


def _render(_: str, settings: PretrainSettings, log: Log) -> None:
    render_videos(settings, log)


def _autoencoder(_: str, settings: PretrainSettings, log: Log) -> None:
    train_autoencoder(settings, log)


def _latents(stage: str, settings: PretrainSettings, log: Log) -> None:
    part = slice(int(stage.split(":")[1]), None, 2) if ":" in stage else slice(None)
    encoder = _encoder(settings)
    encoder.model.to(settings.device)
    sets = (("train", settings.videos, TRAINING_LOOKS), ("validation", settings.validation, 1))
    for name, directory, looks in sets:
        write_latents(directory, encoder, settings.work / name, log, part, looks)


def _value(_: str, settings: PretrainSettings, log: Log) -> None:
    train_value(_pictures(settings, "train"), settings, log)


def _success(_: str, settings: PretrainSettings, log: Log) -> None:
    train_success(_pictures(settings, "train"), _pictures(settings, "validation"), settings, log)


def _video(_: str, settings: PretrainSettings, log: Log) -> None:
    value = load_picture_head(settings.weights / "value").to(settings.device)
    values = score_all(value, _pictures(settings, "train"))
    train_video(_looks(settings), values, settings, log)


def _report(_: str, settings: PretrainSettings, log: Log) -> None:
    latents, pictures = _videos(settings, "validation"), _pictures(settings, "validation")
    write_report(latents, pictures, settings, log)


_STAGES: dict[str, Callable[[str, PretrainSettings, Log], None]] = {
    "videos": _render,
    "autoencoder": _autoencoder,
    "latents": _latents,
    "value": _value,
    "success": _success,
    "video": _video,
    "report": _report,
}


def _encoder(settings: PretrainSettings) -> Encoder:
    return load_encoder_from(settings.weights / "encoder")


def _videos(settings: PretrainSettings, name: str) -> LatentVideos:
    directory = settings.videos if name == "train" else settings.validation
    table = read_table(directory)
    latents = read_latents(directory, _encoder(settings).version, settings.work / name)
    return LatentVideos(table, latents, Sentences(table, SentenceEncoder()))


def _looks(settings: PretrainSettings) -> list[LatentVideos]:
    """The training videos in each look; they share table and sentences."""
    first, version = _videos(settings, "train"), _encoder(settings).version
    others = (
        read_latents(settings.videos, version, settings.work / "train", look)
        for look in range(1, TRAINING_LOOKS)
    )
    return [first, *(replace(first, latents=latents) for latents in others)]


def _pictures(settings: PretrainSettings, name: str) -> PictureVideos:
    directory = settings.videos if name == "train" else settings.validation
    table = read_table(directory)
    size = settings.picture_size
    pictures = shrunk_pictures(directory, size) if size else map_pictures(directory)
    return PictureVideos(table, pictures, Sentences(table, SentenceEncoder()))


def _marker(stage: str, settings: PretrainSettings) -> Path:
    return settings.work / "done" / stage.replace(":", "-")


def _unfinished(track: tuple[str, ...], settings: PretrainSettings) -> tuple[str, ...]:
    return tuple(stage for stage in track if not _marker(stage, settings).exists())


def _run_beside(tracks: list[tuple[str, ...]], settings: PretrainSettings) -> None:
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=run_track, args=(track, settings)) for track in tracks]
    for child in children:
        child.start()
    for child in children:
        child.join()
    failed = [track for track, child in zip(tracks, children, strict=True) if child.exitcode]
    if failed:
        raise RuntimeError(f"pretraining failed in {failed}; a second start continues from there")
