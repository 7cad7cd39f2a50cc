"""Two tasks trained in turn, each of which sets the scene up for the other: open, close."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from fmac_ros.learning.algorithm import Priors, Robot, Stopped, one_episode
from fmac_ros.learning.progress import Progress
from fmac_ros.learning.record import Record
from fmac_ros.learning.run import Run
from fmac_ros.run_dir import slug
from fmac_ros.trust.audit import Auditor


def side_folder(run_dir: Path, task: str) -> Path:
    """Where the run of one of the two tasks is kept, a run like any other."""
    return run_dir / slug(task)


def check_pair(task: str, paired: str) -> None:
    """ValueError unless the two sentences can be told apart."""
    if not slug(paired) or slug(paired) == slug(task):
        raise ValueError(f"paired is {paired!r} beside task {task!r}, valid: another sentence")


def train_pair(
    runs: Sequence[Run],
    robot: Robot,
    priors: Priors,
    turn: Callable[[int], None],
    stop: threading.Event | None = None,
    auditor: Auditor | None = None,
) -> list[Progress]:
    """Run Algorithm 1 for two runs in turn until both have used their step budgets.

    A success hands over to the other task, whose initial state it has made; without one the same
    task goes on. Random play belongs to no task and alternates. A run that has its steps goes on
    too, for as long as the other needs it.

    Args:
        turn: told the index of the run whose episode comes next, before it.
    """
    try:
        if not all(run.recover(stop) for run in runs):
            return [run.leave() for run in runs]
        active = min((0, 1), key=lambda i: runs[i].progress.env_steps)
        while not all(run.progress.finished for run in runs) and not (stop and stop.is_set()):
            turn(active)
            run = runs[active]
            playing = run.playing
            record = one_episode(run, robot, priors, auditor)
            if playing or _solved(record):
                active = 1 - active
        done = all(run.progress.finished for run in runs)
        return [run.finish("done" if done else "stopped") for run in runs]
    except Stopped:
        return [run.finish("stopped") for run in runs]
    finally:
        for run in runs:
            run.close()


def _solved(record: Record) -> bool:
    """Whether M_R ended the episode, and no audit rejected that."""
    return record.episode.terminated and not record.rejected
