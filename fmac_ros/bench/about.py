"""On what machine, when and with what a measurement was made."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

NVIDIA = Path("/proc/driver/nvidia/gpus")


def machine() -> dict[str, Any]:
    """Processor, cores, memory and the NVIDIA GPUs that are there, used or not."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "gpus": gpus(),
        "system": platform.platform(),
    }


def gpus(folder: Path = NVIDIA) -> list[str]:
    """Names of the NVIDIA GPUs, as their driver tells them; empty without one."""
    texts = [path.read_text() for path in sorted(folder.glob("*/information"))]
    lines = [line for text in texts for line in text.splitlines() if line.startswith("Model:")]
    return [line.partition(":")[2].strip() for line in lines]


def load() -> list[float]:
    """Processes that wanted to run in the last 1, 5 and 15 minutes, on average."""
    return [round(value, 2) for value in os.getloadavg()]


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
