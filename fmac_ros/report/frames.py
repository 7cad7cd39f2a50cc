"""What the video prior imagined, above what the arm then did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import matplotlib
import numpy as np

from fmac_ros.learning.record import Record
from fmac_ros.picture import shrink

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend is chosen first)

COLUMNS = 6


class Decoder(Protocol):
    """Turns latents back into pictures."""

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """(n, c, h, w) latents to (n, h, w, 3) uint8 pictures."""
        ...


def draw(record: Record, decoder: Decoder, look_ahead: int, path: Path) -> None:
    """Draw some frames imagined in an episode above those that the arm then reached.

    Args:
        look_ahead: how many steps ahead of the state it was imagined from a frame lies.
    """
    last = record.episode.steps
    starts = columns(max(1, last + 1 - look_ahead))
    ends = np.minimum(starts + look_ahead, last)
    imagined = decoder.decode(record.labels.imagined[starts])
    draw_strip(
        imagined,
        shrink(record.episode.pictures[ends], imagined.shape[1:3]),
        ends.tolist(),
        f"{record.episode.task}: episode {record.episode.id}, imagined {look_ahead} steps ahead",
        path,
    )


def draw_strip(
    imagined: np.ndarray, executed: np.ndarray, steps: Sequence[int], title: str, path: Path
) -> None:
    """Draw two rows of frames into a PNG.

    Args:
        imagined, executed: (k, h, w, 3) uint8, of the same k instants.
        steps: (k,) the step of the episode that each column shows.
    """
    if imagined.shape != executed.shape or len(imagined) != len(steps):
        raise ValueError(
            f"imagined is {imagined.shape}, executed {executed.shape}, {len(steps)} steps; "
            "valid: equal shapes, one frame a step"
        )
    figure, grid = plt.subplots(
        2, len(steps), figsize=(2.4 * len(steps), 3.2), squeeze=False, layout="constrained"
    )
    for row, name, pictures in ((0, "imagined", imagined), (1, "executed", executed)):
        for column, picture in enumerate(pictures):
            axes = grid[row, column]
            axes.imshow(picture)
            axes.set(xticks=[], yticks=[])
            if row == 0:
                axes.set_title(f"step {steps[column]}")
        grid[row, 0].set_ylabel(name)
    figure.suptitle(title)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def columns(count: int, wanted: int = COLUMNS) -> np.ndarray:
    """Pick up to ``wanted`` evenly spaced indices of ``count``, the last one among them."""
    if count < 1:
        raise ValueError(f"{count} frames to choose from, valid: 1 or more")
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).round().astype(int))
