"""What the C library does with memory that is free again."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping

# mallopt(3): parameters of glibc's malloc
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_KEPT = 1 << 30  # [bytes] of free memory that are not given back
_LARGEST_MMAP_THRESHOLD = 32 << 20  # [bytes]; older versions of glibc take no larger one
_OWN_SETTINGS = ("MALLOC_", "GLIBC_TUNABLES")


def keep_freed_memory(environment: Mapping[str, str] = os.environ) -> bool:
    """Keep freed memory for the next allocation instead of returning it to the kernel.

    A network frees its activations after every call. Given back, they come anew as pages to be
    cleared, thousands for a batch of pictures: a sixth of the time of a value prior on a CPU. The
    most that a process takes does not grow by this.

    Args:
        environment: a user who has set the allocator's variables there has decided already.

    Returns:
        Whether anything was set: False where the C library has no such settings, too.
    """
    if any(name.startswith(_OWN_SETTINGS) for name in environment):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    # One arena: those of threads are too small to keep a batch of pictures.
    settings = (
        (_ARENA_MAX, 1),
        (_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD),
        (_TRIM_THRESHOLD, _KEPT),
    )
    return all(mallopt(parameter, value) == 1 for parameter, value in settings)
