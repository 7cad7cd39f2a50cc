"""An episode together with everything that was computed about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fmac_ros.types import Episode, PriorLabels


def _check(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, valid here: {shape}")
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(f"{name} holds {count} non-finite values, valid: finite numbers only")


@dataclass(frozen=True)
class Record:
    """One episode tau of T steps, its prior labels and its latents. Checked when made.

    Attributes:
        latents: (T+1, c, h, w) float16, the encoded pictures.
        looks: (n, T+1, c, h, w) float16, the same in n other looks (``looks``); None where
            there are none. They are not kept on disk.
        rejected: why the audit does not believe that it was a success; empty where it does,
            or where nothing was claimed or audited.
    """

    episode: Episode
    labels: PriorLabels
    latents: np.ndarray
    rejected: str = ""
    looks: np.ndarray | None = None

    def __post_init__(self) -> None:
        episode, labels = self.episode, self.labels
        steps = episode.steps
        if steps < 1:
            raise ValueError(f"episode {episode.id} has {steps} steps, valid: 1 or more")
        where = f"episode {episode.id}: "
        size = (steps, *episode.actions.shape[1:2])
        _check(where + "actions", episode.actions, size)
        _check(where + "proprio", episode.proprio, (steps + 1, *episode.proprio.shape[1:2]))
        _check(where + "pictures", episode.pictures, (steps + 1, *episode.pictures.shape[1:4]))
        shape = self.latents.shape[1:4]
        _check(where + "latents", self.latents, (steps + 1, *shape))
        if self.looks is not None:
            _check(where + "looks", self.looks, (len(self.looks), steps + 1, *shape))
        _check(where + "imagined", labels.imagined, (steps, *shape))
        for name in ("values", "successes", "success_scores"):
            _check(where + name, getattr(labels, name), (steps + 1,))
