"""sensor_msgs/Image <-> numpy. Strict: what is not known is refused."""

from __future__ import annotations

import array
from dataclasses import dataclass

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from fmac_ros.cameras.calibration import Calibration
from fmac_ros.cameras.compressed import decode


class ConversionError(ValueError):
    """A message that cannot be converted without guessing."""


@dataclass(frozen=True)
class _Encoding:
    channels: int
    to_rgb: tuple[int, int, int]  # which channels are red, green, blue


# One byte per channel, so that is_bigendian has no meaning for any of them.
_ENCODINGS = {
    "rgb8": _Encoding(3, (0, 1, 2)),
    "bgr8": _Encoding(3, (2, 1, 0)),
    "rgba8": _Encoding(4, (0, 1, 2)),
    "bgra8": _Encoding(4, (2, 1, 0)),
    "mono8": _Encoding(1, (0, 0, 0)),
}


def image_to_array(message: Image) -> np.ndarray:
    """The (height, width, 3) uint8 RGB array of an image.

    Respects the row step. Read-only where it shares the message's memory.

    Raises:
        ConversionError: unknown encoding, empty image, or data that does not fit its header.
    """
    encoding = _ENCODINGS.get(message.encoding)
    if encoding is None:
        raise ConversionError(
            f"image encoding is {message.encoding!r}, valid: {', '.join(_ENCODINGS)}"
        )
    height, width, step = message.height, message.width, message.step
    row = width * encoding.channels
    if height == 0 or width == 0:
        raise ConversionError(f"image is empty: {height} rows of {width} pixels")
    if step < row:
        raise ConversionError(f"image step is {step} bytes, valid: {row} or more")
    if len(message.data) != height * step:
        raise ConversionError(
            f"image holds {len(message.data)} bytes, its header says {height} rows of {step}"
        )
    flat = np.frombuffer(message.data, np.uint8).reshape(height, step)
    pixels = flat[:, :row].reshape(height, width, encoding.channels)
    if encoding.to_rgb == (0, 1, 2) and encoding.channels == 3:
        return pixels
    return pixels[:, :, encoding.to_rgb]


def compressed_to_array(message: CompressedImage) -> np.ndarray:
    """The (height, width, 3) uint8 RGB array of a compressed image.

    Raises:
        ConversionError: not a JPEG or PNG of a camera, too large, cut short or corrupt.
    """
    if "compressedDepth" in message.format:
        raise ConversionError(f"compressed format is {message.format!r}, valid: jpeg, png")
    try:
        return decode(bytes(message.data))
    except ValueError as error:
        raise ConversionError(str(error)) from error


def compressed_message(jpeg: bytes, stamp: Time, frame_id: str) -> CompressedImage:
    """A message of a JPEG that was made from RGB."""
    message = CompressedImage(format="rgb8; jpeg compressed bgr8")
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    message.data = array.array("B", jpeg)
    return message


def array_to_image(picture: np.ndarray, stamp: Time | None = None, frame_id: str = "") -> Image:
    """An rgb8 image of a (height, width, 3) uint8 array."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise ConversionError(
            f"picture is {picture.dtype} {picture.shape}, valid: uint8 (height, width, 3)"
        )
    message = Image(encoding="rgb8", is_bigendian=0)
    message.height, message.width = picture.shape[:2]
    message.step = 3 * message.width
    # array.array is stored as it is; any other sequence is checked element by element.
    message.data = array.array("B", picture.tobytes())
    message.header.frame_id = frame_id
    if stamp is not None:
        message.header.stamp = stamp
    return message


def camera_info(
    matrix: np.ndarray, height: int, width: int, stamp: Time, frame_id: str
) -> CameraInfo:
    """Calibration of a camera without distortion; ``matrix`` is K, (3, 3) [px]."""
    message = CameraInfo(height=height, width=width, distortion_model="plumb_bob")
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    message.d = [0.0] * 5
    message.k = matrix.reshape(-1).astype(np.float64)
    message.r = np.eye(3).reshape(-1)
    message.p = np.hstack([matrix, np.zeros((3, 1))]).reshape(-1).astype(np.float64)
    return message


def calibrated_info(
    calibration: Calibration | None, height: int, width: int, stamp: Time, frame_id: str
) -> CameraInfo:
    """Calibration of pictures of a size; K is 0 (uncalibrated) without one for that size."""
    message = CameraInfo(height=height, width=width)
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    if calibration is None or (calibration.width, calibration.height) != (width, height):
        return message
    message.distortion_model = calibration.distortion_model
    message.d = calibration.distortion.tolist()
    message.k = calibration.matrix.reshape(-1)
    message.r = calibration.rectification.reshape(-1)
    message.p = calibration.projection.reshape(-1)
    return message
