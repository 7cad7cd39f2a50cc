"""Which stretches of the videos the video prior learns from."""

from __future__ import annotations

import numpy as np

from fmac_ros.priors.pretrain.videos import SOLVING_KINDS, VideoTable

FRAMES = 8
GAINS = {2: 0.015, 4: 0.08}  # M_V must rise by this much within that many frames
LAST_FRAMES = 6  # before the end; there everyone in a solving video is at it
SOLVED_SHARE = 0.12  # of the solved frames: enough to learn that the arm stays there


def window_rows(table: VideoTable) -> np.ndarray:
    """Rows a window may start from: any frame of a video that shows the task being solved."""
    rows = np.flatnonzero(np.isin(table.kind, SOLVING_KINDS) & (table.steps_to_end >= 0))
    if not len(rows):
        raise ValueError(f"no video of kind {' or '.join(SOLVING_KINDS)} solves its task")
    return rows


def future_rows(table: VideoTable, rows: np.ndarray, frames: int = FRAMES) -> np.ndarray:
    """(n, N) rows of the next frames; past its end a video stays at its last frame."""
    ahead = rows[:, None] + np.arange(1, frames + 1)
    return np.minimum(ahead, table.last[rows][:, None])


def progress_rows(table: VideoTable, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows from which the task gets on, and a few solved ones.

    People in the videos hesitate, wander and miss before they succeed; a prior that learned
    from all of it would imagine that as well. An expert never does. Of the others, the last
    frames count, and those where ``values`` (N,) of M_V rise: M_V alone would leave out half
    of the corrections close to the target. Nearly half of all frames are solved and still.
    """
    rows = window_rows(table)
    left = table.steps_to_end[rows]
    gains = [_gain(table, values, rows, frames) >= least for frames, least in GAINS.items()]
    purposeful = (table.kind[rows] == "expert") | (left <= LAST_FRAMES) | np.all(gains, axis=0)
    return rows[np.where(left == 0, rng.random(len(rows)) < SOLVED_SHARE, purposeful)]


def _gain(table: VideoTable, values: np.ndarray, rows: np.ndarray, frames: int) -> np.ndarray:
    return values[np.minimum(rows + frames, table.last[rows])] - values[rows]
