"""Pictures into the size of a generated video and back, and its frames at the control period."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np


def fit_into(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scale an (h, w, 3) uint8 picture into (height, width), its border repeated around it."""
    top, left, rows, columns = _inside(picture.shape[:2], height, width)
    scaled = _resize(picture, rows, columns)
    edges = (top, height - top - rows, left, width - left - columns)
    return cv2.copyMakeBorder(scaled, *edges, cv2.BORDER_REPLICATE)


def cut_out(frames: np.ndarray, height: int, width: int) -> np.ndarray:
    """Undo ``fit_into``: (f, H, W, 3) to (f, height, width, 3), of the same type."""
    top, left, rows, columns = _inside((height, width), *frames.shape[1:3])
    inner = frames[:, top : top + rows, left : left + columns]
    return np.stack([_resize(frame, height, width) for frame in inner])


def at_times(frames: np.ndarray, times: Sequence[float], fps: float) -> np.ndarray:
    """Frames (f, ...) at ``times`` [s] after the first one, between two frames their mixture.

    Raises:
        ValueError: a time is after the last frame.
    """
    places = np.asarray(times, np.float64) * fps
    if places.max() > len(frames) - 1 + 1e-6:
        lasts = (len(frames) - 1) / fps
        raise ValueError(
            f"the video of {len(frames)} frames lasts {lasts:.3f} s, asked {max(times)}"
        )
    places = np.minimum(places, len(frames) - 1)
    before = np.floor(places).astype(int)
    after = np.minimum(before + 1, len(frames) - 1)
    share = (places - before).reshape(-1, *[1] * (frames.ndim - 1)).astype(np.float32)
    return (1 - share) * frames[before] + share * frames[after]


def to_uint8(frames: np.ndarray) -> np.ndarray:
    """Frames in 0..1 as uint8."""
    return np.clip(np.rint(frames * 255), 0, 255).astype(np.uint8)


def _inside(size: tuple[int, int], height: int, width: int) -> tuple[int, int, int, int]:
    """Top, left, rows and columns of a picture of ``size`` scaled into (height, width)."""
    scale = min(height / size[0], width / size[1])
    rows = min(height, max(1, round(size[0] * scale)))
    columns = min(width, max(1, round(size[1] * scale)))
    return (height - rows) // 2, (width - columns) // 2, rows, columns


def _resize(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    shrinks = height * width < picture.shape[0] * picture.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(picture, (width, height), interpolation=how)
