"""Which part of a state's picture a model is shown: everything, each camera, or one."""

from __future__ import annotations

from typing import Any

import numpy as np

ALL, MEAN = "all", "mean"


def check_camera(camera: Any) -> None:
    """Raise ValueError unless ``camera`` is ``all``, ``mean`` or a camera's index."""
    index = isinstance(camera, int) and not isinstance(camera, bool) and camera >= 0
    if not index and camera not in (ALL, MEAN):
        raise ValueError(f"camera is {camera!r}, valid: {ALL}, {MEAN}, or an index from 0")


def views(pictures: np.ndarray, camera: str | int) -> np.ndarray:
    """Split pictures into what a model is shown of each.

    Args:
        pictures: (n, h, w, 3) uint8, square cameras side by side.
        camera: ``all`` for one wide view, ``mean`` for one view per camera (the answers are
            averaged), or one camera's index.

    Returns:
        (n, k, h, w', 3) uint8 with k views.

    Raises:
        ValueError: there is no such camera, or the pictures are no row of squares.
    """
    if camera == ALL:
        return pictures[:, None]
    number, height, width = pictures.shape[:3]
    if height == 0 or width % height:
        raise ValueError(
            f"pictures are {height}x{width}, valid for camera {camera!r}: square cameras side by"
            f" side; camera {ALL!r} takes any"
        )
    count = width // height
    rows = pictures.reshape(number, height, count, height, 3)
    split = rows.transpose(0, 2, 1, 3, 4)  # (n, count, h, h, 3)
    if camera == MEAN:
        return split
    if int(camera) >= count:
        raise ValueError(f"camera is {camera}, valid: 0..{count - 1} of these {count} cameras")
    return split[:, [int(camera)]]


def pad_square(pictures: np.ndarray) -> np.ndarray:
    """Centre (n, h, w, 3) pictures on black squares, so that no model crops a camera away."""
    height, width = pictures.shape[1:3]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    edges = ((0, 0), (top, side - height - top), (left, side - width - left), (0, 0))
    return np.pad(pictures, edges)
