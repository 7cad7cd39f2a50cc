"""What the value and the success prior say about every frame of a data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fmac_ros.priors.base import SuccessPrior, ValuePrior, threshold_of
from fmac_ros.priors.pretrain.videos import VideoInfo, VideoTable


@dataclass(frozen=True)
class Answers:
    """Annotated videos and the answers to them, row by row.

    Attributes:
        table: the annotations.
        values: (N,) M_V.
        scores: (N,) of M_R; success from ``thresholds`` (N,) on, one for each sentence.
    """

    table: VideoTable
    values: np.ndarray
    scores: np.ndarray
    thresholds: np.ndarray

    def of(self, task: str, arm: str) -> Answers:
        """Those about one task and arm."""
        rows = rows_of(self.table, task, arm)
        table = select(self.table, rows)
        return Answers(table, self.values[rows], self.scores[rows], self.thresholds[rows])


def ask(
    value: ValuePrior, success: SuccessPrior, table: VideoTable, pictures: np.ndarray
) -> Answers:
    """Ask both priors about every video, with the video's own sentence."""
    values, scores, thresholds = (np.empty(len(table), np.float32) for _ in range(3))
    for info, rows in each_video(table):
        values[rows] = value.values(pictures[rows], info.sentence)
        scores[rows] = success.scores(pictures[rows], info.sentence)
        thresholds[rows] = threshold_of(success, info.sentence)
    return Answers(table, values, scores, thresholds)


def each_video(table: VideoTable) -> Iterator[tuple[VideoInfo, np.ndarray]]:
    """Every video with its rows."""
    for number in np.unique(table.video):
        yield table.infos[number], np.flatnonzero(table.video == number)


def rows_of(table: VideoTable, task: str, arm: str) -> np.ndarray:
    """Rows of the videos of one task and arm."""
    fits = np.array([info.task == task and info.arm == arm for info in table.infos])
    return np.flatnonzero(fits[table.video])


def select(table: VideoTable, rows: np.ndarray) -> VideoTable:
    """The table of some rows, whole videos each."""
    return VideoTable(
        table.infos,
        table.video[rows],
        table.frame[rows],
        table.solved[rows],
        table.steps_to_end[rows],
    )
