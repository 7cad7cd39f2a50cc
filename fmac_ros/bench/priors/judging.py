"""Numbers of the value and the success prior from their answers."""

from __future__ import annotations

import numpy as np

from fmac_ros.bench.priors.answers import Answers, each_video
from fmac_ros.priors.pretrain.metrics import area_under_curve, rank_correlation, threshold_at
from fmac_ros.priors.pretrain.value import value_targets
from fmac_ros.priors.pretrain.videos import KINDS
from fmac_ros.report.wilson import interval

FALSE_POSITIVE_RATE = 0.01
BINS = 10

Number = float | None
Row = dict[str, object]


def judge_value(answers: Answers) -> Row:
    """Order correlation of M_V with progress, mean over videos, and its calibration.

    The measure is that of the literature, over experts' videos. Where a demonstrator first
    wanders, time passes without progress and no value function could be in order: those
    videos have a row of their own.
    """
    row: Row = {}
    for kind, suffix in (("expert", ""), ("recover", "/recover")):
        found = [order_correlation(answers, rows) for rows in _solving(answers, kind)]
        known = [correlation for correlation in found if np.isfinite(correlation)]
        row[f"value_order_correlation{suffix}"] = float(np.mean(known)) if known else None
        row[f"value_videos{suffix}"] = len(known)
    return {**row, "value_calibration_error": calibration_error(*value_pairs(answers))}


def judge_success(answers: Answers) -> Row:
    """ROC-AUC, recall at 1 % false positives, and both rates at the shipped threshold."""
    solved, scores = answers.table.solved, answers.scores
    said = scores >= answers.thresholds
    row: Row = {
        "success_auc": _number(area_under_curve(scores, solved)),
        "recall_at_1pct_fpr": recall_at(scores, solved, FALSE_POSITIVE_RATE),
        # The strictest of the task's; None: it never says that a task is solved.
        "threshold": _number(float(np.max(answers.thresholds, initial=-np.inf))),
        **_rate("false_positive_rate", said[~solved]),
        **_rate("false_negative_rate", ~said[solved]),
        "success_calibration_error": calibration_error(scores, solved.astype(float)),
    }
    for kind in KINDS:
        row |= _rate(f"false_positive_rate/{kind}", said[~solved & (answers.table.kind == kind)])
    return row


def order_correlation(answers: Answers, rows: np.ndarray) -> float:
    """Spearman's correlation of M_V and progress in one video, up to the first solved frame."""
    rows = rows[~answers.table.solved[rows]]
    return rank_correlation(answers.values[rows], -answers.table.steps_to_end[rows])


def recall_at(scores: np.ndarray, positive: np.ndarray, rate: float) -> Number:
    """Recall at the lowest threshold that lets at most this share of the negatives pass."""
    if not positive.any() or positive.all():
        return None
    return float((scores[positive] >= threshold_at(scores[~positive], rate)).mean())


def value_pairs(answers: Answers) -> tuple[np.ndarray, np.ndarray]:
    """M_V and what it should be, on the frames of solving videos."""
    rows = np.flatnonzero(answers.table.steps_to_end >= 0)
    return answers.values[rows], value_targets(answers.table.steps_to_end[rows])


def calibration_error(answers: np.ndarray, truth: np.ndarray) -> Number:
    """Mean gap between answer and truth over ten bins, weighted by their share."""
    if not len(answers):
        return None
    means = reliability(answers, truth)
    return float(np.sum(np.abs(means[:, 0] - means[:, 1]) * means[:, 2]))


def reliability(answers: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(k, 3) mean answer, mean truth and share of the answers in each bin that has any."""
    bins = np.minimum((answers * BINS).astype(int), BINS - 1)
    rows = [
        (answers[bins == b].mean(), truth[bins == b].mean(), (bins == b).mean())
        for b in range(BINS)
        if (bins == b).any()
    ]
    return np.array(rows, float)


def _solving(answers: Answers, kind: str) -> list[np.ndarray]:
    """Rows of each video of a kind that shows the task being solved."""
    return [
        rows
        for info, rows in each_video(answers.table)
        if info.kind == kind and answers.table.solved[rows].any()
    ]


def _rate(name: str, hits: np.ndarray) -> Row:
    """A rate with its 95 % interval and number of frames; nothing without frames."""
    if not len(hits):
        return {}
    low, high = interval(int(hits.sum()), len(hits))
    return {name: float(hits.mean()), f"{name}_95": [low, high], f"{name}_frames": len(hits)}


def _number(value: float) -> Number:
    return value if np.isfinite(value) else None
