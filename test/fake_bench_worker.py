"""A worker of a bench that fails, dies, waits or is done, as the seed of its cell says."""

from __future__ import annotations

import os
import signal
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from fmac_ros.bench.learning.cells import Cell, Effort
from fmac_ros.bench.learning.evaluations import Point
from fmac_ros.bench.learning.worker import DONE, FAILED, POINT, STOPPED, Message


def fake_worker(
    cell: Cell, effort: Effort, folder: Path, keep: bool, messages: Queue[Any], stop: Event
) -> None:
    """Fails, dies, waits to be stopped, dies then, or is done at once, by the cell's seed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if cell.seed == 1:
        messages.put(Message(cell, FAILED, "ValueError: broken"))
    elif cell.seed == 2:
        os._exit(9)
    elif cell.seed == 3:
        folder.mkdir(parents=True)
        stop.wait(60)
        (folder / "saved").touch()
        messages.put(Message(cell, STOPPED, {"seed": cell.seed}))
    elif cell.seed == 4:
        folder.mkdir(parents=True)
        stop.wait(60)
        os._exit(9)
    else:
        messages.put(Message(cell, POINT, Point(100, 20, 20, 60.0, 0.0)))
        messages.put(Message(cell, DONE, {"seed": cell.seed}))
