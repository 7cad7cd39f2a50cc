"""What a working installation has, each as a check that says what it found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from fmac_ros.paths import package_dir

PYTHONS = ((3, 10), (3, 12))
PRIORS = ("encoder", "value", "success", "video")
NEEDED_GB = 2.0  # a run keeps its pictures: about 105 kB a step
SHARED_MEMORY = Path("/dev/shm")
NEEDED_SHARED_MB = 200.0  # six nodes with a 16 MiB segment each, and some room
TIMEOUT_S = 60.0
SET_UP = "run make setup; on a ROS 2 host: colcon build, then source install/setup.bash"


class Unhealthy(Exception):
    """A check failed; the text says what was found."""


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: what is checked.
        look: returns what was found, or raises Unhealthy.
        advice: what to do when it fails.
    """

    name: str
    look: Callable[[], str]
    advice: str


def python_version() -> str:
    """Within the range that ROS 2 Humble to Kilted use."""
    found = sys.version_info[:2]
    text = f"{found[0]}.{found[1]} at {sys.executable}"
    if not PYTHONS[0] <= found <= PYTHONS[1]:
        raise Unhealthy(text)
    return text


def run_python(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """Run this Python in a process of its own: ROS and PyBullet may end it, not us."""
    command = [sys.executable, *arguments]
    variables = {**os.environ, **(environment or {})}
    try:
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise Unhealthy(f"no answer within {TIMEOUT_S:.0f} s") from None
    lines = (done.stdout + done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
    if done.returncode:
        raise Unhealthy(lines[-1])
    return lines[-1]


def rclpy_import() -> str:
    """ROS 2's Python client, with the middleware that it loads."""
    return run_python("-c", "import rclpy; print(rclpy.__file__)")


def interfaces() -> str:
    """The messages that the build generates."""
    code = "import fmac_ros.msg, fmac_ros.srv, fmac_ros.action; print(fmac_ros.msg.__file__)"
    return run_python("-c", code)


def middleware() -> str:
    """A message through DDS, in a domain that others are unlikely to use."""
    private = {"ROS_DOMAIN_ID": "97", "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    return run_python("-m", "fmac_ros.ros.loopback", environment=private)


def simulator() -> str:
    """PyBullet steps and draws a picture."""
    code = (
        "import pybullet as p, pybullet_data as d; p.connect(p.DIRECT);"
        "p.loadURDF(d.getDataPath() + '/plane.urdf'); p.stepSimulation();"
        "p.getCameraImage(8, 8); print('pybullet', p.getAPIVersion())"
    )
    return run_python("-c", code)


def weights() -> str:
    """The embedded priors are there and are safetensors files."""
    files = []
    for name in PRIORS:
        found = sorted((package_dir() / "weights" / name).rglob("*.safetensors"))
        if not found:
            raise Unhealthy(f"no weights of the {name} prior in {package_dir() / 'weights' / name}")
        files += found
    for file in files:
        try:
            with safe_open(file, "np") as opened:
                opened.keys()
        except SafetensorError as error:
            raise Unhealthy(f"{file} is not a safetensors file: {error}") from None
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f} MB in {len(files)} files"


def disk() -> str:
    """Room for a run."""
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    text = f"{free_gb:.1f} GB free at {Path.cwd()}"
    if free_gb < NEEDED_GB:
        raise Unhealthy(text)
    return text


def shared_memory() -> str:
    """Room for the middleware's segments (containers often give 64 MB)."""
    if not SHARED_MEMORY.is_dir():
        raise Unhealthy(f"{SHARED_MEMORY} is not there")
    free_mb = shutil.disk_usage(SHARED_MEMORY).free / 1e6
    text = f"{free_mb:.0f} MB free at {SHARED_MEMORY}"
    if free_mb < NEEDED_SHARED_MB:
        raise Unhealthy(text)
    return text


CHECKS = (
    Check("Python", python_version, "use Python 3.10 to 3.12; make setup needs 3.11"),
    Check("rclpy", rclpy_import, SET_UP),
    Check("interfaces", interfaces, SET_UP),
    Check("middleware", middleware, "see that no firewall closes UDP on 127.0.0.1"),
    Check("shared memory", shared_memory, "docker run --shm-size=512m, or mount a larger tmpfs"),
    Check("PyBullet", simulator, "run make setup, or: pip install pybullet"),
    Check("prior weights", weights, "clone the project again, or make them with fmac pretrain"),
    Check("disk", disk, f"free {NEEDED_GB:.0f} GB or more where the runs are kept"),
)
