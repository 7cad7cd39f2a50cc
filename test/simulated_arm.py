"""A process that simulates an FR3 behind the arm's network protocol, for tests."""

from __future__ import annotations

import atexit
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from fmac_ros.drivers.franka import joint_log
from fmac_ros.robots import load_robot


class SimulatedArm:
    """``fmac franky-sim`` at an address of its own; end() it."""

    def __init__(self, folder: Path) -> None:
        low, high = 1, 254
        self.address = "127." + ".".join(str(random.randint(low, high)) for _ in range(3))
        self.log = folder / "joints.bin"
        self._start(self.log)

    def _start(self, log: Path) -> None:
        command = [sys.executable, "-m", "fmac_ros.cli.main", "franky-sim"]
        self._process = subprocess.Popen(
            [*command, "--address", self.address, "--log", str(log)],
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.kill)  # a test that fails does not come to end()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "ready" in line, f"the simulated arm says {line!r}"

    def reflex(self) -> None:
        """The arm meets something hard."""
        self._process.send_signal(signal.SIGUSR1)

    def press_stop(self) -> None:
        """Somebody presses the stop button, or releases it."""
        self._process.send_signal(signal.SIGUSR2)

    def kill(self) -> None:
        """The cable is pulled out."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """The arm is back."""
        self._start(self.log.with_suffix(".second"))

    def end(self) -> None:
        """End the process; its record is complete then."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(20)


def assert_within_limits(log: Path) -> joint_log.Extremes:
    """Every command at 1 kHz was within the vendor's limits of the FR3.

    Except where a busy machine let messages of the arm go unanswered, see joint_log.extremes.
    """
    found = joint_log.extremes(joint_log.read(log))
    limits = vendor_limits()
    assert np.all(found.lower > limits["lower"]) and np.all(found.upper < limits["upper"])
    for order in ("velocity", "acceleration", "jerk"):
        reached = getattr(found, order)
        assert np.all(reached <= limits[order]), f"{order} {reached}, limits {limits[order]}"
    return found


def vendor_limits() -> dict[str, np.ndarray]:
    """The limits without our margins."""
    import yaml

    from fmac_ros.paths import config_dir

    name = load_robot("fr3").name
    file = yaml.safe_load((config_dir() / "robots" / f"{name}.yaml").read_text())
    return {key: np.array(values) for key, values in file["vendor_limits"].items()}
