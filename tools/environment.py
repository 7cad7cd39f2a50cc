"""The steps of the set-up, each done only where what it depends on has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import interfaces
import pip_runner
from checks import check_machine
from failure import SetupError

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
# Set by an active environment, they would lead the new one's programs to the wrong files.
FOREIGN_VARIABLES = (
    "LD_LIBRARY_PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "_ROS_WHEELS_BOOTSTRAP_COMPLETE",
)
# From mujoco 4 on its files belong to these. pip leaves them where an older mujoco is installed
# over it, a mix that does not load.
REPLACED = ("mujoco-core", "mujoco-studio")
IMPORTS = "import rclpy; from fmac_ros.msg import Observation; from fmac_ros.action import Rollout"


def set_up() -> None:
    """Bring .venv up to date.

    Raises:
        SetupError: with one line that says what is wrong and what to do.
    """
    environment = clean_environment()
    steps = (
        ("dependencies", _hash("requirements.txt", "constraints.txt"), install_dependencies),
        ("interfaces", interfaces.fingerprint(), build_interfaces),
        ("package", _hash("setup.py", "pyproject.toml", "requirements.txt"), install_package),
    )
    missing = [step for step in steps if not _is_done(*step[:2])]
    if not missing and works(environment):
        return
    check_machine(ROOT)
    make_venv(environment)
    for name, fingerprint, install in steps:
        if _is_done(name, fingerprint):
            continue
        began = time.monotonic()
        install(environment)
        _stamp(name).write_text(fingerprint)
        print(f"setup: {name} done in {time.monotonic() - began:.0f} s", flush=True)
    if not works(environment):
        raise SetupError(f"the environment does not import ROS: delete {VENV}, run make setup")


def clean_environment() -> dict[str, str]:
    """The environment variables without those of another environment or ROS installation."""
    return {key: value for key, value in os.environ.items() if key not in FOREIGN_VARIABLES}


def works(environment: dict[str, str]) -> bool:
    """Whether the environment can import ROS and the interfaces."""
    try:
        done = subprocess.run(
            [str(PYTHON), "-c", IMPORTS], env=environment, cwd=VENV, capture_output=True
        )
    except OSError:
        return False
    return done.returncode == 0


def make_venv(environment: dict[str, str]) -> None:
    """Make .venv with this interpreter, unless a working one of the same version is there."""
    code = "import sys; print(sys.prefix, sys.version_info[:2])"
    expected = f"{VENV} {sys.version_info[:2]}"
    if PYTHON.exists():
        probe = [str(PYTHON), "-c", code]
        found = subprocess.run(probe, env=environment, capture_output=True, text=True)
        if found.stdout.strip() == expected and _has_pip(environment):
            return
    print(f"setup: making {VENV}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    make = [sys.executable, "-m", "venv", str(VENV)]
    made = subprocess.run(make, env=environment, capture_output=True, text=True)
    if made.returncode:
        pip_runner.raise_if_disk_full(made.stdout + made.stderr)
        raise SetupError(
            f"{sys.executable} cannot make a virtual environment: apt install python3.11-venv"
            " (or your system's equal), then run make setup again"
        )


def install_dependencies(environment: dict[str, str]) -> None:
    """Install the pinned dependencies."""
    print("setup: installing dependencies, some minutes the first time", flush=True)
    uninstall = [str(PYTHON), "-m", "pip", "uninstall", "-y", *REPLACED]
    subprocess.run(uninstall, env=environment, capture_output=True)  # most often, none is there
    arguments = ["-r", str(ROOT / "requirements.txt"), "-c", str(ROOT / "constraints.txt")]
    pip_runner.install(PYTHON, arguments, environment, VENV / "dependencies.log")


def build_interfaces(environment: dict[str, str]) -> None:
    """Compile msg/, srv/ and action/."""
    print("setup: building the ROS interfaces, about a minute", flush=True)
    interfaces.build(VENV, environment, VENV / "interfaces.log")


def install_package(environment: dict[str, str]) -> None:
    """Install this package, editable, with its command ``fmac``."""
    arguments = ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    pip_runner.install(PYTHON, arguments, environment, VENV / "package.log")


def _has_pip(environment: dict[str, str]) -> bool:
    command = [str(PYTHON), "-m", "pip", "--version"]
    return subprocess.run(command, env=environment, capture_output=True).returncode == 0


def _hash(*names: str) -> str:
    """Hash of some files and of where the project is: a moved environment does not work."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in names:
        digest.update((ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


def _stamp(name: str) -> Path:
    return VENV / f"{name}.stamp"


def _is_done(name: str, fingerprint: str) -> bool:
    stamp = _stamp(name)
    return stamp.is_file() and stamp.read_text() == fingerprint
