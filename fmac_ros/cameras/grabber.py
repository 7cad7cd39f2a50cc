"""A thread that grabs pictures, keeps the newest alone, and comes back when the source dies."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from fmac_ros.cameras.source import FILE, Source, open_capture

OPENING, RUNNING, LOST, ENDED = "opening", "running", "lost", "ended"
_FILE_FPS = 25.0  # of a file that does not tell its own
_WINDOW = 30  # pictures that the measured rate is over


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes:
        picture: (height, width, 3) uint8 RGB.
        stamp: what the grabber's clock said when the grab returned [ns].
        grabbed: the same moment on the steady clock [s].
    """

    picture: np.ndarray
    stamp: int
    grabbed: float


@dataclass(frozen=True)
class Status:
    """What a grabber is doing.

    Attributes:
        fps: measured, 0.0 while no pictures come.
        dropped: pictures that a newer one replaced before they were taken.
        silence: time since the last picture [s].
    """

    state: str
    fps: float
    dropped: int
    reconnects: int
    silence: float


class Grabber:
    """Grabs in its own thread until closed.

    Args:
        source: what to open.
        clock: gives the stamp of a picture [ns]; asked when a grab returns.
        on_frame: told, in the grabbing thread, that a picture can be taken.
        backoff: waits between attempts to open the source: the first and the longest [s];
            each is twice the one before.
    """

    def __init__(
        self,
        source: Source,
        clock: Callable[[], int],
        on_frame: Callable[[], object],
        backoff: tuple[float, float] = (0.5, 10.0),
    ) -> None:
        self._source, self._clock, self._on_frame = source, clock, on_frame
        self._backoff = backoff
        self._lock, self._closing = threading.Lock(), threading.Event()
        self._newest: Frame | None = None
        self._state, self._dropped, self._opened = OPENING, 0, 0
        self._times: collections.deque[float] = collections.deque(maxlen=_WINDOW)
        self._thread = threading.Thread(target=self._run, name="grabber", daemon=True)
        self._thread.start()

    def take(self) -> Frame | None:
        """The newest picture, once; None where none came since the last call."""
        with self._lock:
            frame, self._newest = self._newest, None
            return frame

    def status(self) -> Status:
        """What it is doing now."""
        with self._lock:
            times = list(self._times)
            span = times[-1] - times[0] if len(times) > 1 else 0.0
            fps = (len(times) - 1) / span if span > 0 and self._state == RUNNING else 0.0
            silence = time.monotonic() - times[-1] if times else 0.0
            return Status(self._state, fps, self._dropped, max(0, self._opened - 1), silence)

    def close(self, timeout: float = 5.0) -> None:
        """End the thread and release the source; a blocked read is left behind after timeout."""
        self._closing.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        wait = self._backoff[0]
        while not self._closing.is_set():
            capture = open_capture(self._source)
            came = capture is not None and self._read_all(capture)
            if self._source.kind == FILE and came:
                if not self._source.loop:
                    self._set_state(ENDED)
                    return
                continue
            self._set_state(LOST)
            wait = self._backoff[0] if came else wait
            self._closing.wait(wait)
            wait = min(2 * wait, self._backoff[1])

    def _read_all(self, capture: cv2.VideoCapture) -> bool:
        """Grab until the source gives no more; whether any picture came."""
        came = False
        period = self._period(capture)
        due = time.monotonic()
        try:
            while not self._closing.is_set() and capture.grab():
                stamp, grabbed = self._clock(), time.monotonic()
                done, bgr = capture.retrieve()
                if not done:
                    break
                if not came:
                    self._connected()
                came = True
                self._keep(Frame(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), stamp, grabbed))
                due = max(due + period, grabbed)
                if period:  # a file would be read as fast as the disk allows
                    self._closing.wait(max(0.0, due - time.monotonic()))
        finally:
            capture.release()
        return came

    def _period(self, capture: cv2.VideoCapture) -> float:
        if self._source.kind != FILE:
            return 0.0
        return 1.0 / (self._source.fps or capture.get(cv2.CAP_PROP_FPS) or _FILE_FPS)

    def _connected(self) -> None:
        with self._lock:
            looped = self._state == RUNNING  # a file at its start again was never lost
            self._state = RUNNING
            self._opened += not looped
            if not looped:
                self._times.clear()

    def _keep(self, frame: Frame) -> None:
        with self._lock:
            self._dropped += self._newest is not None
            self._newest = frame
            self._times.append(frame.grabbed)
        self._on_frame()

    def _set_state(self, state: str) -> None:
        with self._lock:
            self._state = state
