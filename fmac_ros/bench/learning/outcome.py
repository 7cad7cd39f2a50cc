"""What a cell found, and the row that it becomes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fmac_ros.bench.learning.cells import Cell
from fmac_ros.bench.learning.evaluations import Point, first_reaching
from fmac_ros.bench.learning.methods import method_of
from fmac_ros.bench.learning.worlds import WORLDS
from fmac_ros.learning.files import write_atomically
from fmac_ros.report.wilson import interval

FILE = "cell.json"
Row = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a cell went.

    Attributes:
        done: its steps are used up; otherwise it was stopped.
        train_s: wall time without evaluations [s].
        metrics: the learner's last.
    """

    done: bool
    env_steps: int
    train_s: float
    points: list[Point]
    metrics: Mapping[str, float] = field(default_factory=dict)


def make_row(cell: Cell, outcome: Outcome, diagnosis: Mapping[str, Any] | None) -> Row:
    """One row of the result: the last evaluation, and the way there as ``curve``."""
    last = outcome.points[-1]
    reached = first_reaching(outcome.points)
    frames = WORLDS[cell.world].frames_per_step
    method = method_of(cell.algorithm)
    low, high = interval(last.successes, last.episodes)
    return {
        **cell.asdict(),
        "about": method.about,
        "finished": outcome.done,
        "signal": cell.variant.signal() if "success" in method.reads else "none",
        "env_steps": outcome.env_steps,
        "frames": outcome.env_steps * frames,
        "success": last.success,
        "successes": last.successes,
        "episodes": last.episodes,
        "interval_95": [round(low, 4), round(high, 4)],
        "env_steps_to_90": reached.env_steps if reached else None,
        "frames_to_90": reached.env_steps * frames if reached else None,
        "minutes_to_90": round(reached.train_s / 60, 2) if reached else None,
        "train_seconds": round(outcome.train_s, 1),
        "evaluation_seconds": round(last.evaluate_s, 1),
        "curve": [point.asdict() for point in outcome.points],
        "diagnosis": diagnosis,
        **_of_several(last),
    }


def _of_several(last: Point) -> Row:
    """What only a cell of several tasks has: each sentence, and wordings never trained on."""
    if not last.sentences:
        return {}
    row: Row = {"sentences": {text: list(found) for text, found in last.sentences.items()}}
    solved, episodes = last.unseen
    if episodes:
        row |= {"unseen_successes": solved, "unseen_episodes": episodes}
        row |= {"unseen_interval_95": [round(bound, 4) for bound in interval(solved, episodes)]}
    return row


def save_row(folder: Path, row: Row) -> None:
    """A cell with this file is finished."""
    write_atomically(folder / FILE, (json.dumps(row, indent=2) + "\n").encode())


def load_row(folder: Path) -> Row | None:
    """The row of a finished cell, None of another."""
    path = folder / FILE
    if not path.exists():
        return None
    row: Row = json.loads(path.read_text())
    return row
