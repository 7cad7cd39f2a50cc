"""One cell in a process of its own: one torch thread, its memory gone with it."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from fmac_ros.allocator import keep_freed_memory
from fmac_ros.bench.learning import baseline_state
from fmac_ros.bench.learning.cells import Cell, Effort
from fmac_ros.bench.learning.methods import PIXELS, PRIORS, SB3, method_of
from fmac_ros.bench.learning.outcome import Outcome, Row, make_row, save_row

STEPS, POINT, DONE, STOPPED, FAILED, NOTE = "steps", "point", "done", "stopped", "failed", "note"
ERROR_FILE = "error.txt"


@dataclass(frozen=True)
class Message:
    """What a worker says: ``content`` is a number of steps, a row or None, a point or a text."""

    cell: Cell
    kind: str
    content: Any


def work(
    cell: Cell, effort: Effort, folder: Path, keep: bool, messages: Queue[Message], stop: Event
) -> None:
    """Run a cell to its end, or until the parent asks for that or is gone.

    Args:
        keep: leave the episodes on the disk.
    """
    keep_freed_memory()
    # Ctrl-C reaches the whole group: the parent decides, so that all save what they have.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    parent = multiprocessing.parent_process()

    def stopped() -> bool:
        return stop.is_set() or (parent is not None and not parent.is_alive())

    def tell(kind: str, content: Any) -> None:
        messages.put(Message(cell, kind, content))

    try:
        row = run_cell(cell, effort, folder, keep, tell, stopped)
        tell(DONE if row is not None and row["finished"] else STOPPED, row)
    except Exception as error:  # noqa: BLE001 - one cell's trouble is not the others'
        path = folder / ERROR_FILE
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(traceback.format_exc())
        tell(FAILED, f"{type(error).__name__}: {error}; more in {path}")


def run_cell(
    cell: Cell,
    effort: Effort,
    folder: Path,
    keep: bool,
    tell: Callable[[str, Any], None],
    stopped: Callable[[], bool],
) -> Row | None:
    """Train, evaluate, diagnose; the row, kept on disk where the cell has come to its end.

    None where it was stopped before its first evaluation.
    """
    import torch

    from fmac_ros.bench.learning.scene import open_scene

    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ERROR_FILE).unlink(missing_ok=True)
    runner = _runner(method_of(cell.algorithm).runner)
    scene = open_scene(cell, effort, folder)
    try:
        outcome: Outcome = runner(
            scene,
            effort,
            folder,
            lambda point: tell(POINT, point),
            lambda steps: tell(STEPS, steps),
            stopped,
            lambda note: tell(NOTE, note),
        )
        if not outcome.points:
            if not outcome.done:
                return None
            raise ValueError(
                f"env_steps is {effort.env_steps}, valid: so many that something is learned and "
                "evaluated after the random play, which ends with an episode"
            )
        row = make_row(cell, outcome, _diagnosis(cell, scene.settings, folder, outcome))
    finally:
        scene.close()
    if not outcome.done:
        return row
    save_row(folder, row)
    if not keep:
        shutil.rmtree(folder / "run" / "episodes", ignore_errors=True)
        (folder / baseline_state.FILE).unlink(missing_ok=True)
    return row


def _runner(kind: str) -> Callable[..., Outcome]:
    """The loop of a kind of method; what only one of them needs is imported with it."""
    if kind == SB3:
        from fmac_ros.bench.learning.sac_cell import run_sac_cell

        return run_sac_cell
    if kind == PIXELS:
        from fmac_ros.bench.learning.pixels_cell import run_pixels_cell

        return run_pixels_cell
    from fmac_ros.bench.learning.priors_cell import run_priors_cell

    return run_priors_cell


def _diagnosis(
    cell: Cell, settings: dict[str, Any], folder: Path, outcome: Outcome
) -> dict[str, Any] | None:
    """How the run explains itself; baselines without priors have no such stages."""
    if method_of(cell.algorithm).runner != PRIORS:
        return None
    from fmac_ros.report.run_diagnosis import diagnose_run

    return diagnose_run(folder / "run", outcome.points[-1].success, settings).asdict()
