"""The whole measurement: one row for each task and arm."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fmac_ros.bench.priors.answers import Answers, ask, rows_of
from fmac_ros.bench.priors.following import Following, Tell, follow
from fmac_ros.bench.priors.imagination import judge_video
from fmac_ros.bench.priors.judging import Row, judge_success, judge_value
from fmac_ros.bench.priors.speed import measure_speed
from fmac_ros.priors.imagining import LOOK_AHEAD
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.pretrain.videos import VideoTable, read_all_pictures, read_table
from fmac_ros.priors.registry import Priors, load_priors
from fmac_ros.sim.videos import render_dataset
from fmac_ros.tasks import TASKS, wordings
from fmac_ros.trust.calibration import ThresholdOptions

# Far from those of training and validation videos: layouts that no prior has seen.
FIRST_SEED = 70_000_000


@dataclass(frozen=True)
class PriorBench:
    """What is measured, on how much.

    Attributes:
        priors: as in ``load_priors``.
        seen: arms that the priors learned from; None where that is not known.
        videos_per_arm: rendered videos; rounded up to hundreds, all tasks in turn.
        following: effort of following the video; None leaves it out.
        thresholds: what the success prior's verdicts promise.
    """

    priors: str
    folder: Path
    tasks: tuple[str, ...]
    arms: tuple[str, ...]
    seen: tuple[str, ...] | None
    videos_per_arm: int = 100
    look_ahead: int = LOOK_AHEAD
    seed: int = 0
    following: Following | None = field(default_factory=Following)
    thresholds: ThresholdOptions = field(default_factory=ThresholdOptions)


@dataclass(frozen=True)
class Measured:
    """Rows, and what pictures are drawn from."""

    rows: list[Row]
    speed: Row
    answers: Answers
    pictures: np.ndarray
    priors: Priors


def measure(bench: PriorBench, tell: Tell) -> Measured:
    """Render what is missing, ask the priors, follow their videos."""
    priors = load_priors(bench.priors, bench.thresholds)
    table, pictures = _videos(bench, tell)
    tell(f"asking about {len(table)} frames of {len(table.infos)} videos")
    answers = ask(priors.value, priors.success, table, pictures)
    rows = []
    for task in bench.tasks:
        for arm in bench.arms:
            rows.append(_row(task, arm, bench, priors, answers, pictures, tell))
            tell(_line(rows[-1]))
    speed = measure_speed(priors, pictures, table.infos[0].sentence)
    return Measured(rows, speed, answers, pictures, priors)


def _videos(bench: PriorBench, tell: Tell) -> tuple[VideoTable, np.ndarray]:
    plan = render_dataset(
        bench.folder, bench.arms, bench.tasks, bench.videos_per_arm, FIRST_SEED + bench.seed
    )
    for done, shards in plan:
        tell(f"rendering held-out videos: {done} of {shards} shards")
    return read_table(bench.folder), read_all_pictures(bench.folder)


def _row(
    task: str,
    arm: str,
    bench: PriorBench,
    priors: Priors,
    answers: Answers,
    pictures: np.ndarray,
    tell: Tell,
) -> Row:
    own, shown = answers.of(task, arm), pictures[rows_of(answers.table, task, arm)]
    row: Row = {
        "task": task,
        "arm": arm,
        "arm_seen": None if bench.seen is None else arm in bench.seen,
        **judge_value(own),
        **judge_success(own),
        **judge_video(priors.video, priors.encoder, own.table, shown, bench.look_ahead, bench.seed),
    }
    if bench.following is not None:
        sentence = wordings(TASKS[task], _target(task))[0]
        local = LocalPriors(priors, bench.look_ahead, bench.seed)
        solved, episodes = follow(arm, sentence, local, bench.following, bench.seed, tell)
        row |= {"video_follow_success": solved / episodes, "video_follow_episodes": episodes}
    return row


def _target(task: str) -> str:
    """A target that names colours, where the task has one: the harder sentence."""
    return next(target for target in TASKS[task].targets if target)


def _line(row: Row) -> str:
    names = ("value_order_correlation", "success_auc", "recall_at_1pct_fpr", "video_error")
    shown = (*names, "video_follow_success")
    numbers = [f"{name} {row[name]:.3f}" for name in shown if isinstance(row.get(name), float)]
    return f"{row['task']}, {row['arm']}: {', '.join(numbers)}"
