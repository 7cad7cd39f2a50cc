"""What a run directory tells of its training."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fmac_ros.learning.record import Record
from fmac_ros.learning.store import RunStore

TRUTH_FILE = "truth.jsonl"  # written beside the training by an evaluator that only listens


@dataclass(frozen=True)
class Outcome:
    """How one training episode ended, ``env_steps`` into the run."""

    env_steps: int
    solved: bool


@dataclass(frozen=True)
class History:
    """The training of one run.

    Attributes:
        env_steps: environment steps done.
        train_seconds: wall time of the training [s].
        claims: episodes as the success prior, and the audit if there was one, judged them.
        truths: those of them that the ground truth was recorded for.
        shown: the last episode that the success prior calls solved, else the last one.
    """

    env_steps: int
    train_seconds: float
    claims: tuple[Outcome, ...]
    truths: tuple[Outcome, ...]
    shown: Record | None


def load_history(folder: Path) -> History:
    """Read a run directory; the trainer may still be running.

    Raises:
        StoreError: there is no run, or it cannot be read.
    """
    store = RunStore.open(folder, writable=False)
    progress = store.progress()
    claims: list[Outcome] = []
    ends: dict[str, int] = {}
    shown: Record | None = None
    for record in store.records():
        episode = record.episode
        steps = (claims[-1].env_steps if claims else 0) + episode.steps
        claims.append(Outcome(steps, episode.terminated and not record.rejected))
        ends[episode.id] = steps
        if shown is None or episode.terminated or not shown.episode.terminated:
            shown = record
    solved = load_truths(folder)
    truths = tuple(Outcome(end, solved[id]) for id, end in ends.items() if id in solved)
    steps = claims[-1].env_steps if claims else 0
    return History(steps, progress.get("elapsed_s", 0.0), tuple(claims), truths, shown)


def load_truths(folder: Path) -> dict[str, bool]:
    """Ground truth by episode id, as far as it was recorded."""
    return dict(_truths(folder))  # the last entry of an episode that was run twice


def _truths(folder: Path) -> Iterator[tuple[str, bool]]:
    path = folder / TRUTH_FILE
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        yield entry["episode_id"], entry["success"]
