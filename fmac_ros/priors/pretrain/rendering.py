"""Render the data sets that are not there yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fmac_ros.metaworld.tasks import SENTENCES
from fmac_ros.metaworld.videos import MetaWorldVideoRenderer
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.sources.shards import has_imported
from fmac_ros.priors.pretrain.training import Log
from fmac_ros.priors.pretrain.videos import read_annotations
from fmac_ros.sim.videos import FINE_TASKS, Renderer, VideoRenderer, render_dataset
from fmac_ros.tasks import TASKS


@dataclass(frozen=True)
class World:
    """Whose videos are rendered.

    Attributes:
        renderer: made with the name of an arm.
        tasks: all that can be shown, in turn.
        shown_more: shown once more in training.
    """

    renderer: Callable[[str], Renderer]
    tasks: tuple[str, ...]
    shown_more: tuple[str, ...] = ()


WORLDS = {
    "pybullet": World(VideoRenderer, tuple(TASKS), FINE_TASKS),
    "metaworld": World(MetaWorldVideoRenderer, tuple(SENTENCES)),
}
VALIDATION_SEED = 9_000_000  # far from the training videos' seeds, which start at 0


def render_held_out(
    folder: Path, arms: tuple[str, ...], log: Log, videos_per_arm: int = 100
) -> None:
    """Render the held-out videos of some arms and all tasks; what is there is kept."""
    plan = render_dataset(folder, arms, tuple(TASKS), videos_per_arm, VALIDATION_SEED)
    for done, shards in plan:
        log(f"videos: {done} of {shards} held-out shards")


def render_videos(settings: PretrainSettings, log: Log) -> None:
    """Render training and held-out videos of the run's world and arms; what is there is kept.

    A folder with imported videos is left as it is: who wants both renders first.
    """
    world = WORLDS[settings.world]
    training = (*world.tasks, *world.shown_more)
    plans = (
        ("held-out", settings.validation, world.tasks, settings.held_out_per_arm, VALIDATION_SEED),
        ("training", settings.videos, training, settings.videos_per_arm, 0),
    )
    for name, folder, tasks, videos_per_arm, seed in plans:
        if has_imported(folder):
            log(f"videos: {folder} holds imported {name} videos, none are rendered")
            continue
        _check_arms(folder, settings.arms)
        for done, shards in render_dataset(
            folder, settings.arms, tasks, videos_per_arm, seed, make=world.renderer
        ):
            log(f"videos: {done} of {shards} {name} shards")


def _check_arms(folder: Path, arms: tuple[str, ...]) -> None:
    """Refuse to mix with videos of other arms: priors must not have seen an arm left out."""
    paths = sorted(folder.glob("shard_*.safetensors"))
    found = {info.arm for path in paths for info in read_annotations(path)[0]}
    if not found <= set(arms):
        raise ValueError(
            f"{folder} holds videos of {', '.join(sorted(found))}, valid for this run: "
            f"{', '.join(arms)}; give another --work or --videos"
        )
