"""Makes the calibration of a success prior from labelled videos, and says what it gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from fmac_ros.priors.base import SuccessPrior
from fmac_ros.priors.pretrain.videos import VideoTable
from fmac_ros.trust.calibration import Calibration, Tail, ThresholdOptions

SUCCESS_FRAMES = 2  # as a run's default


def ask_success(prior: SuccessPrior, table: VideoTable, pictures: np.ndarray) -> np.ndarray:
    """(N,) float32 scores of every frame, asked with its video's sentence."""
    scores = np.empty(len(table), np.float32)
    for number in np.unique(table.video):
        rows = np.flatnonzero(table.video == number)
        scores[rows] = prior.scores(pictures[rows], table.infos[number].sentence)
    return scores


def make_calibration(
    name: str,
    version: str,
    scores: np.ndarray,
    table: VideoTable,
    success_frames: int = SUCCESS_FRAMES,
) -> Calibration:
    """The calibration of a prior from its (N,) scores of held-out videos.

    Raises:
        ValueError: the videos show no solved or no unsolved frame.
    """
    solved = table.solved
    if solved.all() or not solved.any():
        raise ValueError("videos are all solved or all unsolved, valid: some frames of each")
    return Calibration(
        name=name,
        version=version,
        negatives=Tail.highest(scores[~solved]),
        positives=Tail.lowest(scores[solved]),
        episodes=Tail.highest(episode_scores(scores, table, success_frames)),
        success_frames=success_frames,
        about={
            "videos": len(table.infos),
            "arms": sorted({info.arm for info in table.infos}),
            "tasks": sorted({info.task for info in table.infos}),
            "first_seed": min(info.seed for info in table.infos),
        },
    )


def episode_scores(scores: np.ndarray, table: VideoTable, frames: int) -> np.ndarray:
    """(v,) the highest score that each video's unsolved frames hold ``frames`` times in a row.

    Videos with fewer unsolved frames than that are left out.
    """
    found = []
    for number in np.unique(table.video):
        own = scores[(table.video == number) & ~table.solved]
        if len(own) >= frames:
            windows = np.lib.stride_tricks.sliding_window_view(own, frames)  # (w, frames)
            found.append(windows.min(axis=1).max())
    return np.array(found, np.float32)


def describe(
    calibration: Calibration, scores: np.ndarray, table: VideoTable, options: ThresholdOptions
) -> dict[str, Any]:
    """Thresholds for ``options`` and the rates that they give on these videos."""
    failed, solved = calibration.thresholds(options)
    said, unsure = scores >= solved, (scores >= failed) & (scores < solved)
    claimed = episode_scores(scores, table, calibration.success_frames) >= solved
    return {
        "failure_threshold": failed,
        "threshold": solved,
        "recall": float(said[table.solved].mean()),
        "false_positive_rate": float(said[~table.solved].mean()),
        "false_claims_per_episode": float(claimed.mean()) if len(claimed) else 0.0,
        "unsure": float(unsure.mean()),
    }
