"""``fmac bench latency``: from an observation's stamp to the command that answers it."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fmac_ros.cli import measured, options, result

ROBOT = "panda"
TASK = "press the red button"
LEARNING = 300.0  # [s] until the learner must have begun
TOPPED_UP = 1_000_000  # steps that no measurement reaches


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fmac bench latency``."""
    option = parser.add_argument
    option("--seconds", type=float, default=120.0, help="how long to measure (default 120)")
    option("--width", type=int, default=640, help="of both cameras' images [px] (default 640)")
    option("--height", type=int, default=480, help="of both cameras' images [px] (default 480)")
    option("--rate-hz", type=float, default=10.0, help="images a second (default 10)")
    option("--no-learner", action="store_true", help="measure during random play, nothing learns")
    option("--priors", default="embedded", help="as for fmac train (default embedded)")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print and save."""
    from fmac_ros.bench.latency.pairing import latencies, rows_of, table

    with tempfile.TemporaryDirectory() as folder:
        heard, updates = _measure(args, Path(folder))
    rows = rows_of(latencies(heard))
    print(table(rows))
    print(f"{updates / args.seconds:.1f} updates a second beside it")
    if args.json:
        asked = ("seconds", "width", "height", "rate_hz", "no_learner", "priors")
        settings = {name: getattr(args, name) for name in asked}
        found = {"rows": rows, "updates_per_s": updates / args.seconds, "settings": settings}
        result.write_json(args.json, {**found, **measured.about()})
        print(f"written to {args.json}")
    return 0


def _measure(args: argparse.Namespace, folder: Path) -> tuple[Any, int]:
    """What was heard of the running graph, and the updates meanwhile."""
    from fmac_ros.cli.session import node_command
    from fmac_ros.environment import free_domain, process_environment
    from fmac_ros.graph import NodeSpec, parameter_file
    from fmac_ros.ros.latency_probe import LatencyProbe
    from fmac_ros.ros.monitor import Monitor
    from fmac_ros.supervisor import Supervisor

    specs = _specs(args, folder)
    parameters = folder / "parameters.yaml"
    parameters.write_text(parameter_file(specs))
    network = {"ROS_DOMAIN_ID": str(free_domain()), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    os.environ.update({**process_environment(), **network})
    environment = {**os.environ, "ROS_LOG_DIR": str(folder / "ros")}

    def command(spec: NodeSpec) -> list[str]:
        return node_command(spec, parameters)

    with (
        Supervisor(specs, command, folder / "logs", environment, print),
        Monitor() as monitor,
    ):
        behaviour = "random" if args.no_learner else "policy"
        probe = LatencyProbe(monitor.node, ROBOT, (behaviour,))
        _await_learning(probe, 0 if args.no_learner else 1, folder)
        before, probe.on = probe.updates, True
        time.sleep(args.seconds)
        probe.on = False
        return probe.heard, probe.updates - before


def _specs(args: argparse.Namespace, folder: Path) -> tuple[Any, ...]:
    """The graph of a real arm, armed, with a cell that costs little to simulate."""
    from fmac_ros.graph import NodeSpec, describe

    settings = {"robot": ROBOT, "task": TASK, "priors": args.priors, "env_steps": TOPPED_UP}
    described = describe("train_real", {**settings, "run_dir": str(folder / "run")})
    play = TOPPED_UP if args.no_learner else 60
    own: dict[str, dict[str, Any]] = {
        "policy_node": {"start_armed": True},
        "trainer_node": {"seed_steps": play, "seed_updates": 50},
    }
    specs = [
        dataclasses.replace(spec, parameters={**spec.parameters, **own.get(spec.name, {})})
        for spec in described
    ]
    picture = {"width": args.width, "height": args.height, "rate_hz": args.rate_hz}
    cell = {"task": TASK, "robot": ROBOT, **picture}
    return (NodeSpec("timed_cell", "fmac_ros.ros.timed_cell", cell), *specs)


def _await_learning(probe: Any, updates: int, folder: Path) -> None:
    """Wait until episodes run and the learner is at work."""
    end = time.monotonic() + LEARNING
    print("waiting until the learner is at work", file=sys.stderr)
    while probe.updates < updates or not probe.heard.observations:
        if time.monotonic() > end:
            logs = {p.name: p.read_text()[-500:] for p in (folder / "logs").glob("*.log")}
            raise RuntimeError(f"nothing was learned within {LEARNING:.0f} s: {logs}")
        time.sleep(0.5)
