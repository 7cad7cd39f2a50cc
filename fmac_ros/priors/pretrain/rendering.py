"""Render the data sets that are not there yet."""

from __future__ import annotations

from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.sources.shards import has_imported
from fmac_ros.priors.pretrain.training import Log
from fmac_ros.sim.videos import render_dataset
from fmac_ros.tasks import TASKS

ARMS = ("panda", "ur5e", "kuka", "xarm")
VALIDATION_VIDEOS_PER_ARM = 100
VALIDATION_SEED = 9_000_000  # far from the training videos' seeds, which start at 0


def render_videos(settings: PretrainSettings, log: Log) -> None:
    """Render training and held-out videos of every arm and task; what is there is kept.

    A folder with imported videos is left as it is: who wants both renders first.
    """
    plans = (
        ("held-out", settings.validation, VALIDATION_VIDEOS_PER_ARM, VALIDATION_SEED),
        ("training", settings.videos, settings.videos_per_arm, 0),
    )
    for name, folder, videos_per_arm, seed in plans:
        if has_imported(folder):
            log(f"videos: {folder} holds imported {name} videos, none are rendered")
            continue
        for done, shards in render_dataset(folder, ARMS, tuple(TASKS), videos_per_arm, seed):
            log(f"videos: {done} of {shards} {name} shards")
