"""Runs cells in as many processes as asked for, and says how far they are."""

from __future__ import annotations

import multiprocessing
import queue
import time
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from fmac_ros.bench.learning.cells import Cell, Effort
from fmac_ros.bench.learning.outcome import Row
from fmac_ros.bench.learning.pace import Pace
from fmac_ros.bench.learning.worker import DONE, FAILED, NOTE, POINT, STEPS, STOPPED, Message, work

PATIENCE = 60.0  # [s] for workers to save after Ctrl-C
QUIET = 60.0  # [s] without a word, after which how far the cells are is said
_POLL = 0.5  # [s]
Say = Callable[[str], None]
Target = Callable[..., None]


class Pool:
    """Runs every cell once; a cell that fails leaves the others alone.

    Args:
        folder: a folder for each cell is made in it.
        jobs: processes at a time.
        keep: leave the episodes of finished cells on the disk.
        target: what a worker's process runs.

    Attributes:
        rows: of the cells that were finished here.
        stopped: rows of those that an interrupt ended, as far as they have been evaluated.
        failed: why the others were not, by cell.
    """

    def __init__(
        self,
        folder: Path,
        effort: Effort,
        jobs: int,
        say: Say,
        keep: bool = False,
        target: Target = work,
    ) -> None:
        self._folder, self._effort, self._jobs, self._keep = folder, effort, jobs, keep
        self._speak, self._target = say, target
        self._spoken = time.monotonic()
        context = multiprocessing.get_context("spawn")  # torch and fork do not go together
        self._context = context
        self._messages: Any = context.Queue()
        self._stop = context.Event()
        self._running: dict[Cell, BaseProcess] = {}
        self.rows: dict[Cell, Row] = {}
        self.stopped: dict[Cell, Row] = {}
        self.failed: dict[Cell, str] = {}

    def run(self, cells: Sequence[Cell]) -> None:
        """Run all cells. A KeyboardInterrupt ends them saved, and is raised again."""
        self._pace = Pace(cells, self._effort.env_steps, self._jobs)
        waiting = list(cells)
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self._jobs:
                    self._start(waiting.pop(0))
                self._serve(_POLL)
                self._reap()
                self._break_silence()
        except KeyboardInterrupt:
            self._say("stopping: every cell ends after its episode, and is kept to go on from")
            self._end()
            raise
        finally:
            self._kill()

    def _say(self, text: str) -> None:
        self._speak(text)
        self._spoken = time.monotonic()

    def _break_silence(self) -> None:
        """Between two evaluations there may be half an hour."""
        if self._running and time.monotonic() - self._spoken >= QUIET:
            self._say(self._pace.places(tuple(self._running)))

    def _start(self, cell: Cell) -> None:
        self._say(f"starting {cell.title}")
        args = (cell, self._effort, self._folder / cell.name, self._keep)
        process = self._context.Process(
            target=self._target, args=(*args, self._messages, self._stop), daemon=True
        )
        process.start()
        self._running[cell] = process
        self._pace.started(cell)

    def _serve(self, timeout: float) -> None:
        """Take what the workers say, waiting for the first word."""
        try:
            while True:
                self._take(self._messages.get(timeout=timeout))
                timeout = 0.0
        except queue.Empty:
            return

    def _take(self, message: Message) -> None:
        cell, content = message.cell, message.content
        if message.kind == STEPS:
            self._pace.at(cell, content)
        elif message.kind == POINT:
            self._pace.at(cell, content.env_steps)
            self._say(
                f"{cell.title}: {content.successes} of {content.episodes} after "
                f"{content.env_steps} steps; {self._pace.line()}"
            )
        elif message.kind == NOTE:
            self._say(f"{cell.title}: {content}")
        elif message.kind == DONE:
            self.rows[cell] = content
            self._pace.finished(cell)
            self._say(f"done {cell.title}; {self._pace.line()}")
        elif message.kind == STOPPED and content is not None:
            self.stopped[cell] = content
        elif message.kind == FAILED:
            self.failed[cell] = content
            self._pace.finished(cell)
            self._say(f"FAILED {cell.title}: {content}")

    def _reap(self) -> None:
        """Let go of workers that have ended; one that died without a word has failed."""
        ended = [cell for cell, process in self._running.items() if not process.is_alive()]
        if ended:
            self._serve(0.1)  # their last words
        for cell in ended:
            process = self._running.pop(cell)
            process.join()
            asked = self._stop.is_set() and not process.exitcode  # then it need not have a row
            if not (asked or cell in self.rows or cell in self.failed or cell in self.stopped):
                self.failed[cell] = f"its process ended with code {process.exitcode}"
                self._pace.finished(cell)
                self._say(f"FAILED {cell.title}: {self.failed[cell]}")

    def _end(self) -> None:
        """Ask the workers to save and end, and wait for them."""
        self._stop.set()
        deadline = time.monotonic() + PATIENCE
        while self._running and time.monotonic() < deadline:
            self._serve(_POLL)
            self._reap()

    def _kill(self) -> None:
        for process in self._running.values():
            process.kill()
            process.join()
        self._running.clear()
