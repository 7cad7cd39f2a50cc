"""Calibration files in the form that ROS's camera_calibration writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

#: Coefficients per distortion model, as sensor_msgs/CameraInfo knows them.
DISTORTION = {"plumb_bob": (5,), "rational_polynomial": (8,), "equidistant": (4,)}
_MATRICES = {
    "camera_matrix": (3, 3),
    "rectification_matrix": (3, 3),
    "projection_matrix": (3, 4),
}
_LARGEST = 1 << 20  # [bytes] of a calibration file; real ones have about 1 kB


@dataclass(frozen=True)
class Calibration:
    """Intrinsics of a camera.

    Attributes:
        width, height: size of the pictures that it holds for [px].
        distortion_model: a key of ``DISTORTION``.
        distortion: coefficients, in the model's order.
        matrix: K, (3, 3) [px].
        rectification: R, (3, 3).
        projection: P, (3, 4) [px].
    """

    width: int
    height: int
    distortion_model: str
    distortion: np.ndarray
    matrix: np.ndarray
    rectification: np.ndarray
    projection: np.ndarray


def load_calibration(path: Path) -> Calibration:
    """Read a calibration file.

    Raises:
        ValueError: the file cannot be read or a key is missing or not valid; names the key.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"{path} has {path.stat().st_size} bytes, valid: {_LARGEST} or fewer")
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"calibration {path} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise ValueError(f"calibration {path} is not a table, valid: image_width, camera_matrix...")
    try:
        return _from_dict(data)
    except ValueError as error:
        raise ValueError(f"calibration {path}: {error}") from error


def _from_dict(data: dict[str, Any]) -> Calibration:
    width, height = (_size(data, key) for key in ("image_width", "image_height"))
    model = _entry(data, "distortion_model")
    if not isinstance(model, str) or model not in DISTORTION:
        raise ValueError(f"distortion_model is {model!r}, valid: {', '.join(DISTORTION)}")
    matrices = {key: _matrix(data, key, shape) for key, shape in _MATRICES.items()}
    matrix = matrices["camera_matrix"]
    if matrix[0, 0] <= 0 or matrix[1, 1] <= 0 or not np.array_equal(matrix[2], (0, 0, 1)):
        raise ValueError(
            "camera_matrix needs positive focal lengths fx and fy, and 0, 0, 1 as last row"
        )
    return Calibration(
        width,
        height,
        model,
        _distortion(data, DISTORTION[model]),
        matrix,
        matrices["rectification_matrix"],
        matrices["projection_matrix"],
    )


def _entry(data: dict[str, Any], key: str) -> Any:
    if key not in data:
        raise ValueError(f"{key} is missing")
    return data[key]


def _size(data: dict[str, Any], key: str) -> int:
    value = _entry(data, key)
    if type(value) is not int or not 1 <= value <= 16384:
        raise ValueError(f"{key} is {value!r}, valid: a whole number of pixels from 1 to 16384")
    return value


def _distortion(data: dict[str, Any], counts: tuple[int, ...]) -> np.ndarray:
    values = _numbers(data, "distortion_coefficients")
    if values.size not in counts:
        raise ValueError(f"distortion_coefficients holds {values.size} numbers, valid: {counts}")
    return values


def _matrix(data: dict[str, Any], key: str, shape: tuple[int, int]) -> np.ndarray:
    values = _numbers(data, key)
    if values.size != shape[0] * shape[1]:
        raise ValueError(f"{key} holds {values.size} numbers, valid: {shape[0] * shape[1]}")
    return values.reshape(shape)


def _numbers(data: dict[str, Any], key: str) -> np.ndarray:
    entry = _entry(data, key)
    if not isinstance(entry, dict) or not isinstance(entry.get("data"), list):
        raise ValueError(f"{key} is {entry!r}, valid: a table with rows, cols and a list data")
    values = entry["data"]
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        raise ValueError(f"{key} holds something that is not a number: {values!r}")
    array = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{key} is {values!r}, valid: finite numbers")
    return array
