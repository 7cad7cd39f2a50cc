"""A record of joint commands at 1 kHz, and how near they came to the arm's limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

COLUMNS = 15  # message, seven commanded and seven measured positions
TICK = 1e-3  # [s] between two messages
PAUSE = 100  # messages without a command that are no gap in a motion but its end
_ROWS = 4096


@dataclass(frozen=True)
class Extremes:
    """What a record reached, (7,) each.

    Attributes:
        lower, upper: least and greatest commanded position [rad].
        velocity, acceleration, jerk: greatest absolute value [rad/s, rad/s^2, rad/s^3].
        commands: rows looked at.
        skipped: messages that no command answered, within motions.
        longest_wait: most of them in a row; the arm gives up after 20.
        tracking: greatest distance of measured from commanded positions [rad].
    """

    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray
    commands: int
    skipped: int
    longest_wait: int
    tracking: np.ndarray


class JointLog:
    """Appends rows to a file of float64, COLUMNS a row."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("wb")
        self._rows = np.empty((_ROWS, COLUMNS))
        self._used = 0

    def write(self, message: int, commanded: np.ndarray, measured: np.ndarray) -> None:
        """Add a row: the message that is answered, positions (7,) [rad] each."""
        row = self._rows[self._used]
        row[0], row[1:8], row[8:] = message, commanded, measured
        self._used += 1
        if self._used == _ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        self._file.write(self._rows[: self._used].tobytes())
        self._used = 0


def read(path: Path) -> np.ndarray:
    """Rows (k, COLUMNS) of a record."""
    return np.fromfile(path).reshape(-1, COLUMNS)


def sessions(rows: np.ndarray, longest: int = PAUSE) -> list[np.ndarray]:
    """The parts of a record in which at most ``longest - 1`` messages in a row had no command.

    A new connection counts its messages anew; between two motions there is a pause.
    """
    steps = np.diff(rows[:, 0])
    cuts = np.flatnonzero((steps <= 0) | (steps > longest)) + 1
    return [part for part in np.split(rows, cuts) if len(part) > 3]


def extremes(rows: np.ndarray, bridged: bool = False) -> Extremes:
    """Differences of the commanded positions over the time between the answered messages.

    Args:
        bridged: look across messages that got no command in time, too. There the arm goes on by
            itself, and libfranka's client steps to where it reckons the arm to be.

    Raises:
        ValueError: there is no motion in the record.
    """
    motions = sessions(rows)
    parts = motions if bridged else sessions(rows, 1)
    if not parts:
        raise ValueError("the record holds no motion")
    found = [_derivatives(part) for part in parts]
    velocity, acceleration, jerk = (
        np.max([np.abs(values[order]).max(axis=0) for values in found], axis=0)
        for order in range(3)
    )
    commanded = np.concatenate([part[:, 1:8] for part in parts])
    measured = np.concatenate([part[:, 8:] for part in parts])
    waits = np.concatenate([np.diff(part[:, 0]) - 1 for part in motions])
    return Extremes(
        lower=commanded.min(axis=0),
        upper=commanded.max(axis=0),
        velocity=velocity,
        acceleration=acceleration,
        jerk=jerk,
        commands=len(commanded),
        skipped=int(waits.sum()),
        longest_wait=int(waits.max()),
        tracking=np.abs(commanded - measured).max(axis=0),
    )


def _derivatives(part: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Velocities (k-1, 7), accelerations (k-2, 7) and jerks (k-3, 7) of unevenly timed rows."""
    gaps = np.diff(part[:, :1], axis=0) * TICK
    velocity = np.diff(part[:, 1:8], axis=0) / gaps
    middle = (gaps[1:] + gaps[:-1]) / 2
    acceleration = np.diff(velocity, axis=0) / middle
    jerk = np.diff(acceleration, axis=0) / ((middle[1:] + middle[:-1]) / 2)
    return velocity, acceleration, jerk
