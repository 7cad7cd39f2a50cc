"""Pictures as text that fits into a request."""

from __future__ import annotations

import base64

import cv2
import numpy as np

MAX_SIDE = 4096  # pixels


def check_size(pictures: np.ndarray, scale: int) -> None:
    """Refuse (n, h, w, 3) pictures that are empty, or too large after scaling."""
    height, width = pictures.shape[1:3]
    if not height or not width:
        raise ValueError(f"pictures are {height}x{width}, valid: at least one pixel")
    if max(height, width) * scale > MAX_SIDE:
        raise ValueError(
            f"pictures of {height}x{width} times picture_scale {scale} are too large, valid: up to"
            f" {MAX_SIDE} pixels a side"
        )


def data_url(picture: np.ndarray, scale: int) -> str:
    """A (h, w, 3) uint8 RGB picture, enlarged ``scale`` times, as a PNG in a data URL."""
    bgr = np.ascontiguousarray(picture[..., ::-1])
    if scale > 1:
        bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    done, png = cv2.imencode(".png", bgr)
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} cannot be written as PNG")
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()
