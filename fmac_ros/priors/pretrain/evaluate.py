"""How good each prior is on held-out videos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedModel

from fmac_ros.priors.base import LatentSpace
from fmac_ros.priors.pretrain.autoencoder import CHANGE_LEVEL, reference_rows
from fmac_ros.priors.pretrain.heads import score, score_all
from fmac_ros.priors.pretrain.latent_videos import LatentVideos
from fmac_ros.priors.pretrain.metrics import area_under_curve, precision_recall, rank_correlation
from fmac_ros.priors.pretrain.picture_videos import PictureVideos
from fmac_ros.priors.pretrain.video import changes
from fmac_ros.priors.pretrain.videos import KINDS, SOLVING_KINDS, read_all_pictures, read_table
from fmac_ros.priors.pretrain.windows import window_rows
from fmac_ros.priors.video import VideoPipeline

Numbers = dict[str, float | dict[str, float] | list[float]]
WINDOWS = 512
PICTURES = 512


def evaluate_encoder(encoder: LatentSpace, directory: Path, seed: int) -> Numbers:
    """Mean absolute error [grey levels] of decoded pictures, everywhere and where things moved."""
    table = read_table(directory)
    pictures = read_all_pictures(directory, encoder.picture_size)
    rows = np.random.default_rng(seed).permutation(len(table))[:PICTURES]
    target = pictures[rows].astype(np.int16)
    reference = pictures[reference_rows(table, rows)].astype(np.int16)
    error = np.abs(encoder.decode(encoder.encode(pictures[rows])) - target).mean(-1)
    moved = np.abs(target - reference).max(-1) > 127.5 * CHANGE_LEVEL
    return {"error": float(error.mean()), "error_where_moved": float(error[moved].mean())}


def evaluate_value(head: PreTrainedModel, videos: PictureVideos) -> Numbers:
    """Mean over videos of the rank correlation between value and progress, by what is shown."""
    table, values = videos.table, score_all(head, videos)
    found: dict[str, list[float]] = {}
    for video in np.unique(table.video[table.steps_to_end >= 0]):
        info = table.infos[video]
        rows = np.flatnonzero((table.video == video) & ~table.solved)
        correlation = rank_correlation(values[rows], -table.steps_to_end[rows])
        if info.kind in SOLVING_KINDS and np.isfinite(correlation):
            for key in ("all", info.task, info.kind, info.arm):
                found.setdefault(f"order_correlation/{key}", []).append(correlation)
    numbers: Numbers = {key: float(np.mean(some)) for key, some in sorted(found.items())}
    numbers["mean_when_solved"] = _mean(values[table.solved])
    numbers["mean_when_never_solved"] = _mean(values[table.steps_to_end < 0])
    return numbers


def evaluate_success(head: PreTrainedModel, videos: PictureVideos, seed: int) -> Numbers:
    """AUC, precision, recall, and false positives by kind, at the head's threshold."""
    table, scores, threshold = videos.table, score_all(head, videos), head.config.threshold
    precision, recall = precision_recall(scores, table.solved, threshold)
    numbers: Numbers = {
        "auc": area_under_curve(scores, table.solved),
        "threshold": threshold,
        "precision": precision,
        "recall": recall,
    }
    for name, mask in _slices(videos):
        precision, recall = precision_recall(scores[mask], table.solved[mask], threshold)
        numbers[name] = {
            "auc": area_under_curve(scores[mask], table.solved[mask]),
            "precision": precision,
            "recall": recall,
            "false_positive_rate": _mean(scores[mask & ~table.solved] >= threshold),
            "videos_found": _videos_found(videos, scores >= threshold, mask),
        }
    numbers["false_positive_rate/other_sentence"] = _other_sentence(head, videos, seed)
    return numbers


def evaluate_video(pipeline: VideoPipeline, videos: LatentVideos, seed: int) -> Numbers:
    """Square error of each imagined frame over that of repeating the current one."""
    rng = np.random.default_rng(seed)
    starts = window_rows(videos.table)
    rows = rng.choice(starts, min(WINDOWS, len(starts)), replace=False)
    current, change = changes(videos, rows)
    sentences = torch.from_numpy(videos.sentences.of(videos.table.video[rows]))
    pipeline.denoiser.eval()
    imagined = torch.cat(
        [
            pipeline(part, text, seed + i) - part.unsqueeze(1)
            for i, (part, text) in enumerate(
                zip(current.split(64), sentences.split(64), strict=True)
            )
        ]
    )
    error = (imagined - change).square().mean((0, 2, 3, 4)) / change.square().mean((0, 2, 3, 4))
    cosine = torch.nn.functional.cosine_similarity(imagined.flatten(2), change.flatten(2), dim=2)
    moving = change.square().mean((2, 3, 4)) > 1e-3  # (n, N); a still frame has no direction
    direction = [float(cosine[:, k][moving[:, k]].mean()) for k in range(change.shape[1])]
    return {"error_relative_to_copying": error.tolist(), "cosine_of_change": direction}


def _slices(videos: PictureVideos) -> list[tuple[str, np.ndarray]]:
    table = videos.table
    arms = np.array([info.arm for info in table.infos])[table.video]
    named = [(f"kind/{kind}", table.kind == kind) for kind in KINDS]
    named += [(f"task/{task}", table.task == task) for task in np.unique(table.task)]
    named += [(f"arm/{arm}", arms == arm) for arm in np.unique(arms)]
    return [(name, mask) for name, mask in named if mask.any()]


def _videos_found(videos: PictureVideos, said: np.ndarray, mask: np.ndarray) -> float:
    """Share of the solving videos in which at least one solved frame is recognised."""
    table = videos.table
    solving = np.unique(table.video[mask & table.solved])
    found = table.video[mask & table.solved & said]
    return float(np.isin(solving, found).mean()) if len(solving) else float("nan")


def _other_sentence(head: PreTrainedModel, videos: PictureVideos, seed: int) -> float:
    """Share of solved frames that count as solved for another thing in the scene."""
    table = videos.table
    rows = np.flatnonzero(table.solved & videos.sentences.has_other(table.video))
    if not len(rows):
        return float("nan")
    embeddings = videos.sentences.other(table.video[rows], np.random.default_rng(seed))
    return _mean(score(head, videos, rows, embeddings) >= head.config.threshold)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
