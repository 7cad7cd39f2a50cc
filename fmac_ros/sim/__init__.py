"""The simulated cell. Importing it loads PyBullet without the line that PyBullet prints."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

STDERR = 2


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send what C code prints nowhere; Python's errors are raised and seen all the same."""
    sys.stderr.flush()
    kept = os.dup(STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, STDERR)
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(nowhere)
        os.close(kept)


with _silent_stderr():
    import pybullet  # noqa: F401  (it prints its build time, once, here)
