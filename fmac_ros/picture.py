"""The picture that priors and policy see: all cameras, resized and side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """Centre-crop (h, w, 3) uint8 to a square and resize it to (size, size, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    if side == size:
        return np.ascontiguousarray(square)
    shrink = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=shrink)


def tile(images: Sequence[np.ndarray]) -> np.ndarray:
    """Put (h, w, 3) uint8 images of equal height side by side, (h, sum of w, 3)."""
    if not images:
        raise ValueError("no image to tile, valid: one (h, w, 3) array per camera")
    heights = {image.shape[0] for image in images}
    if len(heights) > 1:
        raise ValueError(f"images have heights {sorted(heights)}, valid: one height for all")
    return np.concatenate(list(images), axis=1)


def fingerprint(picture: np.ndarray) -> bytes:
    """A key that equal pictures share."""
    form = f"{picture.shape} {picture.dtype}".encode()
    return form + hashlib.blake2b(picture.tobytes(), digest_size=16).digest()
