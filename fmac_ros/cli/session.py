"""Runs one graph from start to end, under a display."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from fmac_ros.display import Display
from fmac_ros.environment import private_network, process_environment
from fmac_ros.graph import FRANKA_DRIVER, ON_HARDWARE, NodeSpec, describe, parameter_file
from fmac_ros.run_dir import RunDir
from fmac_ros.settings import Parameters
from fmac_ros.supervisor import Supervisor

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells count
# `timeout` and job managers signal a process and its group: that is one interrupt. [s]
AT_ONCE = 0.5


def run_graph(
    graph: str, settings: Parameters, run: RunDir, display: Display, armed: bool = False
) -> None:
    """Start a graph's nodes, show them until the graph ends, end them all.

    Args:
        armed: a real arm may be armed at the start, as the person at the terminal said.

    Raises:
        GraphFailed: a node could not be kept alive.
        KeyboardInterrupt: the user or the system asked to end.
    """
    from fmac_ros.ros.arm_desk import ArmDesk
    from fmac_ros.ros.audit_desk import AuditDesk, typed_line
    from fmac_ros.ros.monitor import Monitor  # fmac --help needs no ROS
    from fmac_ros.ros.reset_desk import ResetDesk

    specs = describe(graph, settings)
    logs = run.logs / graph
    logs.mkdir(parents=True, exist_ok=True)
    parameters = logs / "parameters.yaml"
    parameters.write_text(parameter_file(specs))
    # This process takes the variables over, too: its monitor is a node of the same graph.
    os.environ.update({**process_environment(), **private_network()})

    def command(spec: NodeSpec) -> Sequence[str]:
        return node_command(spec, parameters)

    # rclpy's own log files say the same as the nodes' output: beside it, not in the home folder.
    environment = {"ROS_LOG_DIR": str(logs.resolve() / "ros"), **os.environ}
    with (
        Supervisor(specs, command, logs, environment, display.say) as supervisor,
        Monitor() as monitor,
    ):
        read = typed_line
        arm_desk: ArmDesk | None = None
        if graph in ON_HARDWARE:
            driven = any(spec.name == FRANKA_DRIVER for spec in specs)
            arm_desk = ArmDesk(monitor.node, driven, armed, display.say)
            read = arm_desk.other_line
        desk = AuditDesk(monitor.node, run.path / "audit.png", display.say, read)
        resets = ResetDesk(monitor.node, display.say, read)

        def every() -> None:
            display.show(monitor.snapshot())
            if arm_desk is not None:
                arm_desk.serve()
            desk.serve()
            resets.serve()

        supervisor.wait(every)


def node_command(spec: NodeSpec, parameters: Path) -> list[str]:
    """Command line that runs a node with its parameters."""
    return [
        *(sys.executable, "-m", spec.module, "--ros-args"),
        *("--remap", f"__node:={spec.name}", "--params-file", str(parameters)),
    ]


@contextmanager
def interruptible() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP like Ctrl-C: nodes save and end before we do."""
    raised = -math.inf

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal raised
        if time.monotonic() - raised > AT_ONCE:
            raised = time.monotonic()
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
