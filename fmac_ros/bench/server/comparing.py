"""The same questions to a server and to the bare model, in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fmac_ros.report.markdown import markdown_table

Row = dict[str, str | int | float | list[int]]
Server = Callable[[str, Sequence[np.ndarray]], object]  # prior, one (n, h, w, 3) stack a request
Bare = Callable[[np.ndarray], object]

COLUMNS = (
    *("prior", "picture", "batch", "concurrent", "server_per_s", "bare_per_s", "ratio"),
    *("overhead_ms_median", "overhead_ms_p99"),
)
SENTENCE = "press the red button"


@dataclass(frozen=True)
class Load:
    """What is asked at once.

    Attributes:
        batch: pictures in a request.
        concurrent: requests under way together.
        repeats: how often server and bare model take turns.
    """

    batch: int
    concurrent: int
    repeats: int

    def __post_init__(self) -> None:
        for name in ("batch", "concurrent", "repeats"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, valid: 1 or more")


def compare(prior: str, size: tuple[int, int], server: Server, bare: Bare, load: Load) -> Row:
    """Time server and bare model in turn, so that both meet the same other load of the machine.

    The bare model gets the pictures of all concurrent requests in one call, the best that any
    server could do. No picture comes twice: neither side may remember it. An overhead is what
    the server takes longer than the bare model's median [ms].
    """
    stacks = _stacks(size, load)
    served, alone = [], []
    for number in range(load.repeats + 1):
        requests = next(stacks)
        served.append(_seconds(lambda r=requests: server(prior, r)))  # type: ignore[misc]
        pictures = np.concatenate(next(stacks))
        alone.append(_seconds(lambda p=pictures: bare(p)))  # type: ignore[misc]
        if number == 0:  # what is only done once
            served.clear()
            alone.clear()
    return _row(prior, size, load, np.array(served), np.array(alone))


def _row(
    prior: str, size: tuple[int, int], load: Load, served: np.ndarray, alone: np.ndarray
) -> Row:
    pictures, bare = load.batch * load.concurrent, float(np.median(alone))
    overheads = 1e3 * (served - bare)
    return {
        "prior": prior,
        "batch": load.batch,
        "concurrent": load.concurrent,
        "picture": list(size),
        "repeats": load.repeats,
        "server_per_s": pictures / float(np.median(served)),
        "bare_per_s": pictures / bare,
        "ratio": bare / float(np.median(served)),
        "bare_ms_median": 1e3 * bare,
        "overhead_ms_median": float(np.median(overheads)),
        "overhead_ms_p99": float(np.percentile(overheads, 99)),
    }


def _stacks(size: tuple[int, int], load: Load) -> Iterator[list[np.ndarray]]:
    """Noise, all different: one (batch, h, w, 3) stack for each concurrent request."""
    rng = np.random.default_rng(0)
    while True:
        shape = (load.concurrent, load.batch, *size, 3)
        yield list(rng.integers(0, 256, shape, np.uint8))


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def table(rows: Sequence[Row]) -> str:
    """Markdown with one line a row."""
    return markdown_table(COLUMNS, [[_cell(row[name]) for name in COLUMNS] for row in rows])


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "x".join(map(str, value))
    return f"{value:.2f}" if isinstance(value, float) else str(value)
