"""The learner of each algorithm in ``config.ALGORITHMS``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.config import CommonConfig, LearnerConfig
from fmac_ros.learning.fac import FacLearner
from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.networks import LatentShape
from fmac_ros.learning.sentences import Sentences


@dataclass(frozen=True)
class Algorithm:
    """A learner and the settings it takes."""

    config: type[CommonConfig]
    learner: type[BaseLearner]


LEARNERS = {
    "fmac": Algorithm(LearnerConfig, Learner),
    "fac": Algorithm(FacConfig, FacLearner),
}


def learner_config(algorithm: str, settings: Mapping[str, Any]) -> CommonConfig:
    """The settings that ``algorithm`` takes, out of those by name; the others are left.

    Raises:
        ValueError: no such algorithm, or a setting is not valid.
    """
    if algorithm not in LEARNERS:
        raise ValueError(f"algorithm is {algorithm!r}, valid: {', '.join(LEARNERS)}")
    config = LEARNERS[algorithm].config
    names = {field.name for field in fields(config)}
    return config(**{name: value for name, value in settings.items() if name in names})


def make_learner(
    algorithm: str,
    config: CommonConfig,
    latent_shape: LatentShape,
    proprio_size: int,
    action_size: int,
    seed: int,
    folder: Path | None = None,
    sentences: Sentences | None = None,
) -> BaseLearner:
    """The learner of ``algorithm``; ``config`` is what :func:`learner_config` gives for it.

    Args:
        sentences: of a run of several tasks.
    """
    sizes = latent_shape, proprio_size, action_size
    return LEARNERS[algorithm].learner(config, *sizes, seed, folder, sentences)
