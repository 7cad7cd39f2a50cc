"""Two things timed in turn, so that both meet the same other load of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fmac_ros.report.markdown import markdown_table

Row = dict[str, Any]


def in_turn(workers: Mapping[str, Callable[[], int]], repeats: int) -> dict[str, np.ndarray]:
    """What each does per second of wall time, in every one of ``repeats`` turns, (repeats,).

    The first turn is not counted. The order is turned round each time.

    Args:
        workers: each does some work and gives how much.
    """
    found: dict[str, list[float]] = {name: [] for name in workers}
    for number in range(repeats + 1):
        names = list(workers)
        for name in names if number % 2 else reversed(names):
            began = time.perf_counter()
            done = workers[name]()
            if number:
                found[name].append(done / (time.perf_counter() - began))
    return {name: np.array(rates) for name, rates in found.items()}


def ratio(of: np.ndarray, beside: np.ndarray) -> Row:
    """Median ratio of two rates (repeats,) of the same turns, and its spread."""
    ratios = of / beside
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    return {
        "ratio": float(middle),
        "ratio_quartiles": [float(low), float(high)],
        "ratio_range": [float(ratios.min()), float(ratios.max())],
        "repeats": len(ratios),
    }


def table(rows: list[Row]) -> str:
    """Markdown with one line a row."""
    head = ["what", "per second", "beside", "per second", "ratio", "quartiles", "target"]
    lines: list[list[str]] = []
    for row in rows:
        low, high = row["ratio_quartiles"]
        rates = f"{row['per_s']:.1f}", f"{row['beside_per_s']:.1f}"
        numbers = f"{row['ratio']:.2f}", f"{low:.2f} to {high:.2f}", f"{row['target']}"
        lines.append([row["what"], rates[0], row["beside"], rates[1], *numbers])
    return markdown_table(head, lines)
