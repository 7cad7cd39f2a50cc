"""Where pictures come from: a USB camera, a stream or a video file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import cv2

DEVICE, STREAM, FILE = "device", "stream", "file"
SCHEMES = ("http", "https", "rtsp", "rtsps")
_TIMEOUT_MS = 3000  # of opening a stream, and of waiting for its next picture


@dataclass(frozen=True)
class Source:
    """What to open and what to ask of it.

    Attributes:
        address: a device's number or /dev path, an http(s) or rtsp(s) URL, or a file's path.
        width, height: requested size [px], 0 for the device's own; devices only.
        fps: requested pictures per second, 0 for the device's or file's own.
        loop: a file starts again at its end.
    """

    address: str
    width: int = 0
    height: int = 0
    fps: float = 0.0
    loop: bool = False

    def __post_init__(self) -> None:
        scheme = re.match(r"(\w+)://", self.address)
        if not self.address or (scheme and scheme[1].lower() not in SCHEMES):
            raise ValueError(
                f"source is {self.shown!r}, valid: a camera's number, a /dev path, a URL with "
                f"{', '.join(SCHEMES)}, or a video file"
            )

    @property
    def kind(self) -> str:
        """``device``, ``stream`` or ``file``."""
        if self.address.isdecimal() or self.address.startswith("/dev/"):
            return DEVICE
        return STREAM if "://" in self.address else FILE

    @property
    def shown(self) -> str:
        """The address without a user's name and password, for logs."""
        return re.sub(r"://[^/]*@", "://", self.address)


def open_capture(source: Source) -> cv2.VideoCapture | None:
    """Open a source; None where it cannot be opened now."""
    if source.kind == FILE and not Path(source.address).is_file():
        return None  # OpenCV would try the name as a pattern of an image sequence
    capture = _capture(source)
    if not capture.isOpened():
        capture.release()
        return None
    return capture


def _capture(source: Source) -> cv2.VideoCapture:
    if source.kind == STREAM:
        timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS]
        timeouts += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS]
        return cv2.VideoCapture(source.address, cv2.CAP_FFMPEG, timeouts)
    if source.kind == FILE:
        return cv2.VideoCapture(source.address)
    number = source.address.isdecimal()
    capture = cv2.VideoCapture(int(source.address) if number else source.address)
    wanted = {
        cv2.CAP_PROP_FRAME_WIDTH: source.width,
        cv2.CAP_PROP_FRAME_HEIGHT: source.height,
        cv2.CAP_PROP_FPS: source.fps,
        cv2.CAP_PROP_BUFFERSIZE: 1,  # the driver keeps one picture, not four old ones
    }
    for name, value in wanted.items():
        if value:
            capture.set(name, value)
    return capture
