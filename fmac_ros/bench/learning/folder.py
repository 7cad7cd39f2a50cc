"""The folder of a bench: what was asked, a folder for each cell, and the report."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fmac_ros.bench.learning.cells import Cell, Effort
from fmac_ros.bench.learning.outcome import Row, load_row
from fmac_ros.bench.learning.table import report
from fmac_ros.learning.files import write_atomically

ABOUT, CELLS, REPORT, ROWS = "about.json", "cells", "report.md", "rows.json"


class BenchFolder:
    """Where a bench is kept; one process at a time may add to it.

    Args:
        resume: go on with what is there.

    Raises:
        ValueError: it holds a bench and is not to be resumed, or one with another effort.
        RuntimeError: another process works in it.
    """

    def __init__(self, path: Path, effort: Effort, resume: bool) -> None:
        self.path = path
        self._effort = asdict(effort)
        self._refuse_other(resume)
        self.cells.mkdir(parents=True, exist_ok=True)
        self._take_lock()

    @property
    def cells(self) -> Path:
        """Where the cells' folders are."""
        return self.path / CELLS

    def rows(self, cells: Iterable[Cell]) -> dict[Cell, Row]:
        """Rows of those cells that are finished."""
        found = {cell: load_row(self.cells / cell.name) for cell in cells}
        return {cell: row for cell, row in found.items() if row is not None}

    def save_about(self, about: Mapping[str, Any]) -> None:
        """Keep what is needed to repeat the bench."""
        self._write(ABOUT, {**about, "effort": self._effort})

    def save_report(self, rows: Sequence[Row], about: Mapping[str, Any]) -> list[Path]:
        """Write tables, pictures and rows of everything that is finished; the files."""
        from fmac_ros.bench.learning.plots import draw_all

        self._write(ROWS, rows)
        text = f"# fmac bench learning\n\n{report(rows)}\n{_how(about, self._effort)}"
        write_atomically(self.path / REPORT, text.encode())
        return [self.path / REPORT, *draw_all(rows, self.path)]

    def close(self) -> None:
        """Let another process in."""
        os.close(self._lock)

    def _refuse_other(self, resume: bool) -> None:
        about = self.path / ABOUT
        if not about.exists():
            return
        if not resume:
            raise ValueError(
                f"{self.path} holds a bench already: add --resume to go on, or another --out"
            )
        kept = json.loads(about.read_text())["effort"]
        for name, value in self._effort.items():
            if kept.get(name) != value:
                raise ValueError(
                    f"the bench in {self.path} has {name} {kept.get(name)!r}, not {value!r}: "
                    "cells of different effort do not go into one table, use another --out"
                )

    def _take_lock(self) -> None:
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise RuntimeError(f"another bench runs in {self.path}") from None

    def _write(self, name: str, content: Any) -> None:
        write_atomically(self.path / name, (json.dumps(content, indent=2) + "\n").encode())


def _how(about: Mapping[str, Any], effort: Mapping[str, Any]) -> str:
    """What is needed to repeat it."""
    machine = about["machine"]
    return (
        "## How this was measured\n\n"
        f"`{about['command']}`, commit {about['commit']}, {about['date']}, "
        f"{about['jobs']} cells at a time on {machine['cores']} cores of a "
        f"{machine['processor']}, load average at the start {about['load_average'][0]}. "
        f"Success is the ground truth on {effort['eval_episodes']} held-out layouts, deterministic "
        f"policy, every {effort['eval_every']} steps. Other settings: "
        f"{json.dumps(effort['settings'])}; versions are in {ABOUT}.\n"
    )
