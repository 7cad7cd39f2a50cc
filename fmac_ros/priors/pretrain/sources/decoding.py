"""Video files as RGB frames: by OpenCV, and by PyAV what OpenCV cannot decode (AV1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fmac_ros.picture import resize

MOST_FRAMES = 20_000  # of one clip: they are held in memory
FASTEST = 1000.0  # frames per second; some files without a rate claim more
WHOLE = 0.9  # of the frames that a file announces, the announcement may be an estimate


def read_clip(path: Path, size: int) -> np.ndarray:
    """Return all frames of a video, centre-cropped, (n, size, size, 3) uint8.

    Raises:
        ValueError: it cannot be decoded, is cut short or is too long; the text names it.
    """
    with _Capture(path) as capture:
        announced = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    pictures = _resized(open_video(path), size, path)
    if len(pictures) < WHOLE * announced:
        raise ValueError(
            f"{path.name} ends after {len(pictures)} of {round(announced)} frames: it is damaged"
        )
    return pictures


def frame_rate(path: Path) -> float:
    """Frames per second, as the file says; ValueError where it does not."""
    with _Capture(path) as capture:
        rate = capture.get(cv2.CAP_PROP_FPS)
    if not (math.isfinite(rate) and 0 < rate <= FASTEST):
        raise ValueError(f"{path.name} does not say its frame rate: give 'fps'")
    return float(rate)


class Reel:
    """A video file of many clips, read forwards without opening it anew for each clip."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._frames: Iterator[np.ndarray] = iter(())
        self._at = 0

    def read(self, path: Path, start: int, count: int, size: int) -> np.ndarray:
        """Return frames ``start`` to ``start + count`` like ``read_clip``."""
        if path != self._path or start < self._at:
            self._frames, self._path, self._at = open_video(path), path, 0
        wanted = islice(self._frames, start - self._at, start - self._at + count)
        pictures = _resized(wanted, size, path)
        self._at = start + len(pictures)
        if len(pictures) < count:
            self._path = None
            raise ValueError(
                f"{path.name} ends at frame {self._at}, needed: frames {start}..{start + count - 1}"
            )
        return pictures


def decode_image(image: Any, size: int, path: Path) -> np.ndarray:
    """Return (size, size, 3) uint8 of ``{"bytes": ..., "path": ...}``, a picture in a table."""
    content = image.get("bytes") if isinstance(image, dict) else None
    frame = cv2.imdecode(np.frombuffer(content or b"\0", np.uint8), cv2.IMREAD_COLOR)
    if frame is None:
        raise ValueError(f"{path.name} holds a picture that cannot be decoded")
    return resize(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), size)


def open_video(path: Path) -> Iterator[np.ndarray]:
    """Yield the (h, w, 3) uint8 RGB frames of a video that has at least one."""
    for decoder in (_by_opencv, _by_pyav):
        frames = decoder(path)
        first = next(frames, None)
        if first is not None:
            return _chained(first, frames)
    raise ValueError(
        f"{path.name} has no frame that can be decoded; it is damaged, no video, or of a kind "
        "that needs PyAV: pip install av"
    )


class _Capture:
    """OpenCV's reader as a context."""

    def __init__(self, path: Path) -> None:
        self._capture = cv2.VideoCapture(str(path))

    def __enter__(self) -> cv2.VideoCapture:
        return self._capture

    def __exit__(self, *_: object) -> None:
        self._capture.release()


def _by_opencv(path: Path) -> Iterator[np.ndarray]:
    with _Capture(path) as capture:
        while True:
            there, frame = capture.read()
            if not there:
                return
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)


def _by_pyav(path: Path) -> Iterator[np.ndarray]:
    try:
        import av
    except ImportError:
        return
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="rgb24")
    except (av.FFmpegError, IndexError):  # not a video, or without a picture stream
        return


def _chained(first: np.ndarray, rest: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    yield first
    yield from rest


def _resized(frames: Iterator[np.ndarray], size: int, path: Path) -> np.ndarray:
    pictures = [resize(frame, size) for frame in islice(frames, MOST_FRAMES + 1)]
    if len(pictures) > MOST_FRAMES:
        raise ValueError(f"{path.name} has more than {MOST_FRAMES} frames: cut it into episodes")
    return np.array(pictures, np.uint8).reshape(-1, size, size, 3)
