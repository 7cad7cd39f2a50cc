"""What a terminal shows while a graph runs: a live panel, or plain lines into a pipe."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

LINE_PERIOD_S = 5.0
EVALUATOR = "evaluator_node"  # while nothing is trained, its word is the progress
LEVEL_STYLES = {"ok": "green", "warn": "yellow", "error": "bold red", "stale": "red"}


@dataclass(frozen=True)
class Health:
    """What a node says of itself: level (a key of ``LEVEL_STYLES``) and a sentence."""

    level: str
    message: str


@dataclass(frozen=True)
class Progress:
    """Where a training run is; the fields are those of TrainerStatus."""

    state: str
    detail: str
    episode: int
    env_steps: int
    env_steps_total: int
    updates: int
    success_rate: float
    policy_version: int
    elapsed_s: float
    remaining_s: float


@dataclass(frozen=True)
class Snapshot:
    """All that is known of a running graph; ``progress`` is None before the first word."""

    progress: Progress | None
    health: Mapping[str, Health]


class Display(Protocol):
    """Somewhere to show a running graph; a context manager."""

    def show(self, snapshot: Snapshot) -> None:
        """Show the newest state of the graph."""
        ...

    def say(self, sentence: str) -> None:
        """Report an event that must stay readable."""
        ...

    def __enter__(self) -> Display: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class LiveDisplay:
    """A panel that is redrawn in place, for people at a terminal."""

    def __init__(self, console: Console, title: str) -> None:
        self._title = title
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> LiveDisplay:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, snapshot: Snapshot) -> None:
        """Redraw the panel."""
        parts = [_health_table(snapshot.health)]
        if snapshot.progress is not None:
            parts.insert(0, _progress_table(snapshot.progress))
        self._live.update(Panel(Group(*parts), title=self._title, title_align="left"))

    def say(self, sentence: str) -> None:
        """Print above the panel."""
        self._live.console.print(Text(sentence, style="yellow"))


class LineDisplay:
    """A line each few seconds, for logs and pipes; warnings when they change."""

    def __init__(self, title: str, period_s: float = LINE_PERIOD_S) -> None:
        self._period_s = period_s
        self._next = 0.0
        self._troubles: dict[str, Health] = {}
        self.say(title)

    def __enter__(self) -> LineDisplay:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, snapshot: Snapshot) -> None:
        """Print a line if the last one is old enough."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._period_s
        if snapshot.progress is not None:
            self.say(progress_line(snapshot.progress))
        elif EVALUATOR in snapshot.health:
            self.say(snapshot.health[EVALUATOR].message)
        troubles = {n: h for n, h in snapshot.health.items() if h.level != "ok"}
        for name, health in troubles.items():
            if self._troubles.get(name) != health:
                self.say(f"{name}: {health.level}: {health.message}")
        self._troubles = troubles

    def say(self, sentence: str) -> None:
        """Print one line at once."""
        print(sentence, flush=True)


def make_display(title: str) -> Display:
    """The live panel on a terminal, plain lines elsewhere."""
    console = Console()
    return LiveDisplay(console, title) if console.is_terminal else LineDisplay(title)


def progress_line(progress: Progress) -> str:
    """All of a run's progress in one line of plain text."""
    detail = f" ({progress.detail})" if progress.detail else ""
    return (
        f"{progress.state}{detail}: episode {progress.episode}, "
        f"step {progress.env_steps}/{progress.env_steps_total}, "
        f"success {progress.success_rate:.0%} of the last 20 by the success prior, "
        f"policy v{progress.policy_version}, {progress.updates} updates, "
        f"{clock(progress.elapsed_s)} elapsed{_left(progress)}"
    )


def clock(seconds: float) -> str:
    """Format a duration [s] as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _left(progress: Progress) -> str:
    """The time left, where it is known."""
    return f", {clock(progress.remaining_s)} left" if progress.remaining_s else ""


def _progress_table(progress: Progress) -> Table:
    table = Table.grid(padding=(0, 2))
    detail = f"  {progress.detail}" if progress.detail else ""
    table.add_row("state", Text(progress.state + detail, style="bold"))
    table.add_row("episode", str(progress.episode))
    bar = ProgressBar(total=max(1, progress.env_steps_total), completed=progress.env_steps)
    table.add_row("steps", f"{progress.env_steps} of {progress.env_steps_total}")
    table.add_row("", bar)
    rate = f"{progress.success_rate:.0%} of the last 20 episodes, by the success prior"
    table.add_row("success", rate)
    table.add_row("policy", f"version {progress.policy_version}, {progress.updates} updates")
    table.add_row("time", f"{clock(progress.elapsed_s)}{_left(progress)}")
    return table


def _health_table(health: Mapping[str, Health]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, state in sorted(health.items()):
        table.add_row(name, Text(state.message, style=LEVEL_STYLES.get(state.level, "")))
    return table
