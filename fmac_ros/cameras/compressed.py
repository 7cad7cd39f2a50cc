"""Compressed pictures: JPEG and PNG, within limits known before anything is decoded."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

FORMATS = ("JPEG", "PNG")
MAX_BYTES = 32 << 20
MAX_PIXELS = 4096 * 4096
# A decoder fills the missing part of a cut file with grey; only the end marker tells.
_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
_MODES = ("L", "RGB", "RGBA", "P")  # one byte a channel: what a camera's picture has


def decode(data: bytes) -> np.ndarray:
    """The (height, width, 3) uint8 RGB array of a JPEG or PNG.

    Raises:
        ValueError: another format, too large, cut short, or not decodable.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"compressed image has {len(data)} bytes, valid: {MAX_BYTES} or fewer")
    width, height = _size_in_header(data)
    bgr = cv2.imdecode(
        np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    )
    if bgr is None or bgr.shape[:2] != (height, width):
        raise ValueError("compressed image is corrupt: it does not decode")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def encode(picture: np.ndarray, quality: int) -> bytes:
    """JPEG of a (height, width, 3) uint8 RGB array; ``quality`` is 1 to 100."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} does not encode as JPEG")
    return data.tobytes()


def _size_in_header(data: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as header:  # decodes nothing yet
            (width, height), form, mode = header.size, str(header.format), header.mode
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"compressed image is not a readable {' or '.join(FORMATS)}: {error}"
        ) from error
    if width * height > MAX_PIXELS:
        raise ValueError(f"compressed image is {width}x{height}, valid: {MAX_PIXELS} pixels")
    if mode not in _MODES:
        raise ValueError(f"compressed image has mode {mode}, valid: {', '.join(_MODES)}")
    if not data.rstrip(b"\0").endswith(_ENDS[form]):
        raise ValueError(f"compressed image is cut short: the end of the {form} is missing")
    return width, height
