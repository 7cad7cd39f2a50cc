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


def shrink(pictures: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Mean over blocks of pixels, (n, H, W, 3) uint8 to (n, h, w, 3) for ``size`` (h, w).

    Of each camera's part it is what ``resize`` makes, so tiles may be shrunk as one.

    Raises:
        ValueError: the pictures are not a whole multiple of ``size``, the same both ways.
    """
    height, width = pictures.shape[1:3]
    factor = height // size[0]
    if factor < 1 or (height, width) != (factor * size[0], factor * size[1]):
        raise ValueError(
            f"pictures are {height}x{width}, valid: {size[0]}x{size[1]} or a whole multiple"
        )
    if factor == 1:
        return pictures
    shape = size[1], size[0]
    small = [cv2.resize(picture, shape, interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.stack(small) if small else pictures[:, ::factor, ::factor]
