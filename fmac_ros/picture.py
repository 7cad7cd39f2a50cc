"""The picture that priors and policy see: all cameras, resized and side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

Size = tuple[int, int]  # (h, w) [pixels]


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """Centre-crop (h, w, 3) uint8 to a square and resize it to (size, size, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    if side == size:
        return np.ascontiguousarray(square)
    how = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=how)


def tile(images: Sequence[np.ndarray]) -> np.ndarray:
    """Put (h, w, 3) uint8 images of equal height side by side, (h, sum of w, 3)."""
    if not images:
        raise ValueError("no image to tile, valid: one (h, w, 3) array per camera")
    heights = {image.shape[0] for image in images}
    if len(heights) > 1:
        raise ValueError(f"images have heights {sorted(heights)}, valid: one height for all")
    return np.concatenate(list(images), axis=1)


def multiple(size: Size, of: Size) -> int:
    """How many times ``of`` fits into ``size`` each way; 0 where it is no whole multiple."""
    times = size[0] // of[0]
    return times if size == (times * of[0], times * of[1]) else 0


def shrink(pictures: np.ndarray, size: Size) -> np.ndarray:
    """Make (n, H, W, 3) uint8 pictures (n, h, w, 3) by the mean of whole squares of pixels.

    Of tiled cameras each comes out as :func:`resize` would make it.

    Args:
        size: (h, w); pictures of this size are returned as they are.

    Raises:
        ValueError: (H, W) is no whole multiple of (h, w).
    """
    height, width = size
    rows, columns = found = pictures.shape[1:3]
    if not multiple(found, size):
        raise ValueError(
            f"pictures are {rows}x{columns}, valid: {height}x{width} or a whole multiple of it"
        )
    if found == size:
        return pictures
    if not len(pictures):
        return np.empty((0, height, width, 3), np.uint8)
    # Whole squares never reach into the next picture, so all of them are one tall image.
    tall, wanted = pictures.reshape(-1, columns, 3), (width, len(pictures) * height)
    return cv2.resize(tall, wanted, interpolation=cv2.INTER_AREA).reshape(-1, height, width, 3)


def common_size(sizes: Mapping[str, Size | None]) -> Size | None:
    """The size of pictures that all can be given who take theirs or a whole multiple of it.

    Args:
        sizes: (h, w) by who needs it; None takes any.

    Returns:
        The largest; None where all take any.

    Raises:
        ValueError: the largest is no whole multiple of another.
    """
    named = {who: size for who, size in sizes.items() if size is not None}
    if not named:
        return None
    largest = max(named.values())
    if not all(multiple(largest, size) for size in named.values()):
        told = ", ".join(f"{who} {height}x{width}" for who, (height, width) in named.items())
        raise ValueError(
            f"picture sizes are {told}, valid: the largest is a whole multiple of each"
        )
    return largest


def fingerprint(picture: np.ndarray) -> bytes:
    """A key that equal pictures share."""
    form = f"{picture.shape} {picture.dtype}".encode()
    return form + hashlib.blake2b(picture.tobytes(), digest_size=16).digest()
