"""Stacks of pictures <-> lists of image messages, as prior requests carry them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sensor_msgs.msg import Image

from fmac_ros.ros.images import ConversionError, array_to_image, image_to_array


def pictures_to_msgs(pictures: np.ndarray) -> list[Image]:
    """One rgb8 message per picture of an (n, h, w, 3) uint8 stack."""
    return [array_to_image(picture) for picture in pictures]


def msgs_to_pictures(messages: Sequence[Image]) -> np.ndarray:
    """The (n, h, w, 3) uint8 RGB stack of images of one size.

    Raises:
        ConversionError: no image, differing sizes, or one that cannot be converted.
    """
    if not messages:
        raise ConversionError("the request holds no picture, valid: 1 or more")
    pictures = [_picture(index, message) for index, message in enumerate(messages)]
    shapes = sorted({picture.shape for picture in pictures})
    if len(shapes) > 1:
        raise ConversionError(f"pictures have shapes {shapes}, valid: one shape for all")
    return np.stack(pictures)


def _picture(index: int, message: Image) -> np.ndarray:
    try:
        return image_to_array(message)
    except ConversionError as error:
        raise ConversionError(f"picture {index}: {error}") from error
