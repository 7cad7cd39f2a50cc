"""What one pretraining run does, decided before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fmac_ros.metaworld.tasks import ARM as METAWORLD_ARM
from fmac_ros.precision import has_fast_bfloat16

ARMS = ("panda", "ur5e", "kuka", "xarm")
WORLD_ARMS = {"pybullet": ARMS, "metaworld": (METAWORLD_ARM,)}
STAGES = ("videos", "autoencoder", "latents", "value", "success", "video", "report")

FINE_TUNING_RATE = 0.6  # of the learning rate from random weights


@dataclass(frozen=True)
class Fit:
    """How long and how fast one network trains."""

    steps: int
    batch: int
    learning_rate: float
    weight_decay: float = 1e-3


DEFAULT_FITS = {
    "autoencoder": Fit(steps=2400, batch=32, learning_rate=1.5e-3),
    "value": Fit(steps=2000, batch=128, learning_rate=1e-3, weight_decay=1e-2),
    "success": Fit(steps=6000, batch=64, learning_rate=1e-3, weight_decay=1e-2),
    "video": Fit(steps=9000, batch=32, learning_rate=1e-3),
}


@dataclass(frozen=True)
class PretrainSettings:
    """Where the data is, where the weights go, and the size of the effort.

    Attributes:
        videos, validation: data set directories (``videos.py``), rendered where missing.
        weights: written: ``encoder/ value/ success/ video/``.
        work: latents, checkpoints and metrics; a second start continues from them.
        world: whose videos are rendered, ``pybullet`` or ``metaworld``.
        picture_size: pixels each way of a camera's picture that value and success look at; None
            leaves the videos' pictures as they are.
        arms: whose videos are rendered; leave one out for priors that never saw it.
        videos_per_arm, held_out_per_arm: rendered for training and for the held-out numbers.
        minutes: wall-clock limit [min] of each network's training; None leaves the steps.
        effort: multiplies every network's steps.
        batch_factor: multiplies every network's batch.
        device: ``cpu`` or ``cuda`` (``devices.choose_device``).
        bfloat16: multiply in bfloat16 while training; by default where the processor can.
        start_from: directory of priors to fine-tune instead of random weights.
        keep: share of the weights of ``start_from`` in a network's result, the rest is what it was
            fine-tuned to: their average often does better than either ("Robust fine-tuning of
            zero-shot models", Wortsman et al., CVPR 2022).
    """

    videos: Path
    validation: Path
    weights: Path
    work: Path
    arms: tuple[str, ...] = ARMS
    videos_per_arm: int = 900
    held_out_per_arm: int = 100
    seed: int = 0
    minutes: float | None = None
    effort: float = 1.0
    batch_factor: int = 1
    device: str = "cpu"
    bfloat16: bool = field(default_factory=has_fast_bfloat16)
    start_from: Path | None = None
    keep: float = 0.0
    world: str = "pybullet"
    picture_size: int | None = None
    fits: dict[str, Fit] = field(default_factory=lambda: dict(DEFAULT_FITS))

    def __post_init__(self) -> None:
        if self.world not in WORLD_ARMS:
            raise ValueError(f"world is {self.world!r}, valid: {', '.join(WORLD_ARMS)}")
        valid = WORLD_ARMS[self.world]
        wrong = [arm for arm in self.arms if arm not in valid]
        if wrong or not self.arms:
            raise ValueError(f"arms are {list(self.arms)}, valid: some of {', '.join(valid)}")
        for name in ("videos_per_arm", "held_out_per_arm", "batch_factor"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, valid: 1 or more")
        if self.effort <= 0:
            raise ValueError(f"effort is {self.effort}, valid: above 0 (1 is the default length)")
        if self.minutes is not None and self.minutes <= 0:
            raise ValueError(f"minutes is {self.minutes}, valid: above 0")
        if self.picture_size is not None:
            _check_picture_size(self.picture_size)
        if self.start_from is not None and not (self.start_from / "encoder").is_dir():
            raise ValueError(f"start_from is {self.start_from}, valid: a directory of priors")
        if not 0 <= self.keep < 1:
            raise ValueError(f"keep is {self.keep}, valid: from 0 to below 1")
        if self.keep and self.start_from is None:
            raise ValueError(f"keep is {self.keep}, valid: 0 without start_from")

    def steps(self, stage: str) -> int:
        """Optimiser steps of one stage's network."""
        return max(1, round(self.fits[stage].steps * self.effort))

    def batch(self, stage: str) -> int:
        """Samples in one step of one stage's network."""
        return self.fits[stage].batch * self.batch_factor

    def learning_rate(self, stage: str) -> float:
        """Highest learning rate of one stage's network."""
        return self.fits[stage].learning_rate * (FINE_TUNING_RATE if self.start_from else 1.0)


def _check_picture_size(size: int) -> None:
    from fmac_ros.priors.picture_head import CELL  # not above: options are read without torch

    if size < CELL or size % CELL:
        raise ValueError(f"picture_size is {size}, valid: {CELL} or a multiple of it")
