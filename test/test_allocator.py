"""The allocator's settings, seen by the page faults of a process that has them."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from fmac_ros.allocator import keep_freed_memory

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="settings of glibc")

FAULTS = """
import resource, sys, threading
import numpy as np
from fmac_ros.allocator import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory({})
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    for turn in range(13):
        if turn == 3:
            before = faults()
        [np.ones(1_500_000) for _ in range(6)]
    print((faults() - before) / 10)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def faults(how: str) -> float:
    """Page faults of six arrays of 12 MB in a thread, all freed then, after some turns of this."""
    command = [sys.executable, "-c", FAULTS, how]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@glibc
def test_freed_memory_is_used_again_without_page_faults() -> None:
    assert faults("kept") < 100
    assert faults("returned") > 1000  # the six are 17,578 pages


def test_settings_of_the_user_are_left_alone() -> None:
    assert not keep_freed_memory({"MALLOC_ARENA_MAX": "4"})
    assert not keep_freed_memory({"GLIBC_TUNABLES": "glibc.malloc.arena_max=4"})
