"""Large arrays, in memory or in a memory-mapped file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike


def allocate(
    shape: tuple[int, ...], dtype: DTypeLike, limit: int, folder: Path | None = None
) -> np.ndarray:
    """Zeros, memory-mapped where they take more than ``limit`` bytes.

    The file has no name and goes with the process. Its place on the disk is taken at once,
    because a disk that is full when a page is written kills the process.

    Raises:
        OSError: the disk of ``folder`` has no room.
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if size <= limit:
        return np.zeros(shape, dtype)
    with tempfile.TemporaryFile(dir=folder) as file:
        os.posix_fallocate(file.fileno(), 0, size)
        return np.memmap(file, dtype, "r+", shape=shape)
