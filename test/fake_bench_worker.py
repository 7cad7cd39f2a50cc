"""A worker of a bench that fails, dies, waits, is slow or is done, as the seed of its cell says."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from fmac_ros.bench.learning.cells import Cell, Effort
from fmac_ros.bench.learning.evaluations import Point
from fmac_ros.bench.learning.worker import DONE, FAILED, POINT, STEPS, STOPPED, Message


def fake_worker(
    cell: Cell, effort: Effort, folder: Path, keep: bool, messages: Queue[Any], stop: Event
) -> None:
    """Fails, dies, waits (to be stopped, to die then, to be heard), or is done at once, by seed."""
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
        if cell.seed == 5:
            folder.mkdir(parents=True)
            messages.put(Message(cell, STEPS, 40))
            if not _appears(folder / "heard"):
                os._exit(9)
        messages.put(Message(cell, POINT, Point(100, 20, 20, 60.0, 0.0)))
        messages.put(Message(cell, DONE, {"seed": cell.seed}))


def _appears(path: Path) -> bool:
    """Whether a file is made within a minute."""
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return path.exists()
