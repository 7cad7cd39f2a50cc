"""What the machine must have before the set-up starts; each check fails with one line."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from failure import SetupError

# Measured: environment 2.9 GB, downloads unpacked on the way. A torch with CUDA is larger.
NEEDED_GB = 4.0
NEEDED_TEMPORARY_GB = 1.0
COMPILERS = {"gcc": "gcc", "g++": "g++"}
GLIBC = (2, 28)


def check_machine(root: Path) -> None:
    """Run all checks, cheapest first."""
    check_platform()
    check_compilers()
    check_headers()
    check_disk(root)


def check_platform() -> None:
    """The ROS 2 wheels exist for Linux on x86_64 with glibc 2.28 or newer."""
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        raise SetupError(
            f"the ROS 2 wheels run on Linux x86_64, this is {system} {machine}: use such a machine"
            " or container, or a ROS 2 host with colcon build"
        )
    library, version = platform.libc_ver()
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if library != "glibc" or numbers < GLIBC:
        raise SetupError(
            f"the ROS 2 wheels need glibc 2.28 or newer, this is {library or 'another libc'}"
            f" {version}: use a newer distribution"
        )


def check_compilers() -> None:
    """The interfaces are generated C and C++ code."""
    for command, package in COMPILERS.items():
        if shutil.which(command) is None:
            raise SetupError(
                f"{command} is not on the PATH and the interfaces are compiled with it:"
                f" apt install {package} (or your system's equal), then run make setup again"
            )


def check_headers() -> None:
    """The interfaces' Python modules are compiled against Python.h."""
    include = Path(sysconfig.get_path("include"))
    if not (include / "Python.h").is_file():
        raise SetupError(
            f"Python.h is not in {include}: apt install python3.11-dev (or your system's equal),"
            f" or use another Python: make setup PYTHON=/path/to/python3.11 (now {sys.executable})"
        )


def check_disk(root: Path) -> None:
    """Room for the environment and for what pip unpacks on the way."""
    places = ((root, NEEDED_GB), (Path(tempfile.gettempdir()), NEEDED_TEMPORARY_GB))
    for place, needed_gb in places:
        free_gb = shutil.disk_usage(place).free / 1e9
        if free_gb < needed_gb:
            raise SetupError(
                f"{free_gb:.1f} GB are free at {place} and {needed_gb:.1f} GB are needed:"
                " free some space (or set TMPDIR for temporary files), then run make setup again"
            )
    if not os.access(root, os.W_OK):
        raise SetupError(f"{root} is not writable: clone the project to a folder of your own")
