"""Makes the calibration of a success prior from labelled videos, and says what it gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from fmac_ros.priors.base import SuccessPrior
from fmac_ros.priors.pretrain.videos import VideoTable
from fmac_ros.trust.calibration import Calibration, Sample, Tail, ThresholdOptions

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
    every = np.ones(len(table), bool)
    masks = {task: table.task == task for task in np.unique(table.task)}
    return Calibration(
        name=name,
        version=version,
        whole=_sample(scores, table, every, success_frames),
        tasks={
            str(task): _sample(scores, table, mask, success_frames)
            for task, mask in masks.items()
            if solved[mask].any() and not solved[mask].all()
        },
        sentences={info.sentence: info.task for info in table.infos},
        success_frames=success_frames,
        about={
            "videos": len(table.infos),
            "arms": sorted({info.arm for info in table.infos}),
            "tasks": sorted({info.task for info in table.infos}),
            "first_seed": min(info.seed for info in table.infos),
        },
    )


def _sample(scores: np.ndarray, table: VideoTable, mask: np.ndarray, frames: int) -> Sample:
    """The tails over the rows of whole videos that ``mask`` (N,) chooses."""
    solved = table.solved
    return Sample(
        negatives=Tail.highest(scores[mask & ~solved]),
        positives=Tail.lowest(scores[mask & solved]),
        episodes=Tail.highest(episode_scores(scores, table, frames, np.unique(table.video[mask]))),
    )


def episode_scores(
    scores: np.ndarray, table: VideoTable, frames: int, videos: np.ndarray | None = None
) -> np.ndarray:
    """(v,) the highest score that each video's unsolved frames hold ``frames`` times in a row.

    Videos with fewer unsolved frames than that are left out, and those not in ``videos``.
    """
    found = []
    for number in np.unique(table.video) if videos is None else videos:
        own = scores[(table.video == number) & ~table.solved]
        if len(own) >= frames:
            windows = np.lib.stride_tricks.sliding_window_view(own, frames)  # (w, frames)
            found.append(windows.min(axis=1).max())
    return np.array(found, np.float32)


def describe(
    calibration: Calibration, scores: np.ndarray, table: VideoTable, options: ThresholdOptions
) -> list[dict[str, Any]]:
    """Thresholds for ``options`` and the rates that they give on these videos, a row a task."""
    of_video = [calibration.thresholds(options, info.sentence) for info in table.infos]
    failed, solved = np.array(of_video, np.float64).reshape(-1, 2)[table.video].T  # (N,) each
    said, unsure = scores >= solved, (scores >= failed) & (scores < solved)
    rows = []
    for task in np.unique(table.task):
        mask = table.task == task
        videos = np.unique(table.video[mask])
        ours, theirs = mask & table.solved, mask & ~table.solved
        row = int(np.flatnonzero(mask)[0])
        holding = episode_scores(scores, table, calibration.success_frames, videos)
        rows.append(
            {
                "task": str(task),
                "failure_threshold": float(failed[row]),
                "threshold": float(solved[row]),
                "recall": _share(said[ours]),
                "false_positive_rate": _share(said[theirs]),
                "false_claims_per_episode": _share(holding >= solved[row]),
                "unsure": _share(unsure[mask]),
            }
        )
    return rows


def _share(said: np.ndarray) -> float | None:
    """Share of trues; None of nothing."""
    return float(said.mean()) if len(said) else None
