"""What a terminal and a pipe get to see."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from fmac_ros.display import (
    Health,
    LineDisplay,
    LiveDisplay,
    Progress,
    Snapshot,
    clock,
    progress_line,
)

PROGRESS = Progress(
    state="collecting",
    detail="",
    episode=12,
    env_steps=480,
    env_steps_total=3000,
    updates=960,
    success_rate=0.35,
    policy_version=7,
    elapsed_s=62.0,
    remaining_s=330.0,
)
HEALTH = {"policy_node": Health("ok", "holding still"), "state_node": Health("warn", "no front")}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0:00"), (59.6, "1:00"), (3725.0, "1:02:05"), (-1.0, "0:00")]
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_line_says_all_that_matters() -> None:
    line = progress_line(PROGRESS)
    for part in ("collecting", "episode 12", "480/3000", "35%", "v7", "960", "5:30 left"):
        assert part in line


def test_pipe_gets_a_line_each_period_and_troubles_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    display = LineDisplay("title", period_s=0.0)
    for _ in range(3):
        display.show(Snapshot(PROGRESS, HEALTH))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "title"
    assert lines.count("state_node: warn: no front") == 1
    assert sum(line.startswith("collecting") for line in lines) == 3
    quiet = LineDisplay("title", period_s=60.0)
    for _ in range(3):
        quiet.show(Snapshot(PROGRESS, {}))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_pipe_follows_an_evaluation(capsys: pytest.CaptureFixture[str]) -> None:
    display = LineDisplay("title", period_s=0.0)
    display.show(Snapshot(None, {"evaluator_node": Health("ok", "3 of 50 layouts, 2 solved")}))
    assert capsys.readouterr().out.splitlines() == ["title", "3 of 50 layouts, 2 solved"]


def test_terminal_shows_progress_and_health() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=100, height=40)
    with LiveDisplay(console, "panda: press") as display:
        display.show(Snapshot(None, {}))
        display.say("state_node was killed")
        display.show(Snapshot(PROGRESS, HEALTH))
        time.sleep(0.4)  # it draws four times a second
    shown = output.getvalue()
    for part in ("panda: press", "state_node was killed", "480 of 3000", "35%", "no front", "5:30"):
        assert part in shown
