"""Nodes end cleanly: on signals with 0, on a wrong configuration with one line."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from fmac_ros.ros import names, qos
from fmac_ros.ros.run import run_node

NODES = {
    "pybullet_sim": ["-p", "task:=press the red button"],
    "state_node": [],
}


def start(node: str, parameters: list[str]) -> subprocess.Popen[str]:
    ros_args = ["--ros-args", *parameters] if parameters else []
    return subprocess.Popen(
        [sys.executable, "-m", f"fmac_ros.nodes.{node}", *ros_args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def health(ros) -> list[str]:
    """Names of the nodes that reported on /diagnostics."""
    heard: list[str] = []
    ros.node().create_subscription(
        DiagnosticArray, names.DIAGNOSTICS, lambda m: heard.append(m.status[0].name), qos.RELIABLE
    )
    return heard


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("node", NODES)
def test_a_signal_ends_a_node_cleanly(ros, health, node: str, sent: signal.Signals) -> None:
    process = start(node, NODES[node])
    try:
        assert ros.spin_until(lambda: f"/{node}" in health, 20.0)
        process.send_signal(sent)
        output, _ = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0, output
    assert "Traceback" not in output


def test_a_wrong_parameter_is_one_line() -> None:
    process = start("pybullet_sim", ["-p", "task:=make coffee"])
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "error: parameters of pybullet_sim: no simulated scene" in output
    assert "Traceback" not in output


class Ending(Node):
    """Raises from a callback."""

    released = 0

    def __init__(self, error: BaseException) -> None:
        super().__init__("ending")
        self._error = error
        self.create_timer(0.01, self._on_timer)

    def _on_timer(self) -> None:
        raise self._error

    def destroy_node(self) -> None:
        Ending.released += 1
        super().destroy_node()


@pytest.mark.parametrize("code", [0, 3])
def test_a_node_may_end_itself(code: int) -> None:
    released, began = Ending.released, time.monotonic()
    assert run_node(lambda: Ending(SystemExit(code)), args=[]) == code
    assert Ending.released == released + 1 and time.monotonic() - began < 5.0


def test_a_bug_is_shown() -> None:
    released = Ending.released
    with pytest.raises(ZeroDivisionError):
        run_node(lambda: Ending(ZeroDivisionError("a bug")), args=[])
    assert Ending.released == released + 1
