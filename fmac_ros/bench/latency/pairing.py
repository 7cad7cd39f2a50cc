"""Which command answers which observation, and how long that took."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

Row = dict[str, str | int | float]
STAGES = ("camera to state_node's end", "to policy_node's end", "all")


@dataclass
class Heard:
    """When messages left their publishers; times of one clock [s].

    Attributes:
        observations: stamp of an observation -> when it left state_node.
        transitions: (when it left policy_node, stamp of the observation that ended the step), of
            those that do not end their episode.
        commands: when each left policy_node.
    """

    observations: dict[float, float] = field(default_factory=dict)
    transitions: list[tuple[float, float]] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)


def latencies(heard: Heard) -> np.ndarray:
    """(k, 3) [s] of each answered observation, by stage.

    policy_node takes an observation, publishes the command that answers it, and then the
    transition that it ends: the last command before a transition answers its last state.
    """
    commands = sorted(heard.commands)
    rows = []
    for left, stamp in heard.transitions:
        at = bisect_right(commands, left) - 1
        seen = heard.observations.get(stamp)
        if at < 0 or seen is None or commands[at] < seen:
            continue
        rows.append((seen - stamp, commands[at] - seen, commands[at] - stamp))
    return np.array(rows).reshape(-1, len(STAGES))


def rows_of(found: np.ndarray) -> list[Row]:
    """One row a stage: median, 99th percentile and largest latency [ms]."""
    if len(found) < 100:
        raise RuntimeError(f"{len(found)} commands were timed, valid: 100 or more; measure longer")
    rows: list[Row] = []
    for stage, times in zip(STAGES, 1e3 * found.T, strict=True):
        p50, p99 = np.percentile(times, [50, 99])
        row: Row = {"stage": stage, "commands": len(times), "p50_ms": float(p50)}
        rows.append({**row, "p99_ms": float(p99), "max_ms": float(times.max())})
    return rows


def table(rows: Sequence[Row]) -> str:
    """Lines for people."""
    lines = [f"{'stage':30} {'p50':>8} {'p99':>8} {'max':>8}  [ms]"]
    for row in rows:
        p50, p99, most = (row[name] for name in ("p50_ms", "p99_ms", "max_ms"))
        lines.append(f"{row['stage']:30} {p50:8.1f} {p99:8.1f} {most:8.1f}")
    return "\n".join(lines)
