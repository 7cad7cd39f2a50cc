"""How long a bench still takes, by what was done so far."""

from __future__ import annotations

import time
from collections.abc import Sequence

from fmac_ros.bench.learning.cells import Cell


class Pace:
    """Counts environment steps of every cell and the time that they took.

    Args:
        env_steps: of each cell.
        jobs: cells at a time.
    """

    def __init__(self, cells: Sequence[Cell], env_steps: int, jobs: int) -> None:
        self._left = dict.fromkeys(cells, env_steps)
        self._total, self._jobs = env_steps, jobs
        self._first: dict[Cell, int] = {}  # steps at the first word of a cell: not done here
        self._began: dict[Cell, float] = {}
        self._rates: dict[str, float] = {}  # [s] a step, by algorithm

    def started(self, cell: Cell) -> None:
        """A cell begins now."""
        self._began[cell] = time.monotonic()

    def at(self, cell: Cell, env_steps: int) -> None:
        """A cell has done so many steps."""
        first = self._first.setdefault(cell, env_steps)
        self._left[cell] = max(0, self._total - env_steps)
        done = env_steps - first
        if done > 0:
            spent = time.monotonic() - self._began[cell]
            self._rates[cell.algorithm] = spent / done

    def finished(self, cell: Cell) -> None:
        """A cell is over, in whatever way."""
        self._left[cell] = 0

    def remaining_s(self) -> float | None:
        """Wall time that is left [s], None before anything is known."""
        if not self._rates:
            return None
        typical = sum(self._rates.values()) / len(self._rates)
        work = {c: left * self._rates.get(c.algorithm, typical) for c, left in self._left.items()}
        busy = [seconds for seconds in work.values() if seconds]
        # Not less than the longest cell: a cell is not spread over several processes.
        return max([sum(busy) / self._jobs, *busy], default=0.0)

    def places(self, cells: Sequence[Cell]) -> str:
        """How far each of these is, for people."""
        found = ", ".join(f"{cell.title}, at {self._total - self._left[cell]}" for cell in cells)
        return f"{found} of {self._total} steps; {self.line()}"

    def line(self) -> str:
        """How far all of them are, for people."""
        done = sum(not left for left in self._left.values())
        seconds = self.remaining_s()
        left = "" if seconds is None else f", about {_duration(seconds)} left"
        return f"{done} of {len(self._left)} cells done{left}"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
