"""``fmac bench speed``: the learner and the graph beside what they are measured against."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fmac_ros.cli import options, result

PARTS = ("learner", "graph")
NODES = ("pybullet_sim", "state_node", "prior_server", "policy_node")


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fmac bench speed``."""
    option = parser.add_argument
    option("--parts", help=f"what to measure: {', '.join(PARTS)} (default: all)")
    option("--batch", type=int, default=64, help="transitions of an update (default 64)")
    option("--repeats", type=int, default=30, help="turns of each pair (default 30)")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print and save."""
    from fmac_ros.bench.about import load, machine, now
    from fmac_ros.bench.speed.turns import table
    from fmac_ros.ros.threads import one_torch_thread

    one_torch_thread()
    parts, began, before = options.names("parts", args.parts, PARTS), now(), load()
    rows: list[dict[str, Any]] = []
    if "learner" in parts:
        from fmac_ros.bench.speed.learners import measure_learners

        rows += measure_learners(args.batch, args.repeats, _say)
    if "graph" in parts:
        rows.append(_compare_loops(args.repeats))
    print(f"\n{table(rows)}")
    if args.json:
        about = {
            "date": began,
            "commit": result.commit(),
            "machine": machine(),
            "load_average": {"before": before, "after": load()},
            "versions": result.versions() | result.versions_of(("stable-baselines3",)),
        }
        result.write_json(args.json, {"rows": rows, **about})
        print(f"written to {args.json}")
    return 0


def _compare_loops(repeats: int) -> dict[str, Any]:
    from fmac_ros.bench.speed.loops import LocalLoop, compare_loops
    from fmac_ros.environment import free_domain, process_environment

    domain = free_domain()
    os.environ.update(process_environment())
    with tempfile.TemporaryDirectory() as folder, _graph(domain, Path(folder)):
        from fmac_ros.ros.graph_probe import GraphProbe  # after the environment is set

        with GraphProbe(domain) as probe, LocalLoop() as local:
            probe.act_with(0, local.parameters)
            return compare_loops(probe.rollout, local.rollout, repeats, _say)


@contextmanager
def _graph(domain: int, folder: Path) -> Iterator[None]:
    """The graph of a training without its trainer, each node in a process of its own."""
    from fmac_ros.cli.session import node_command
    from fmac_ros.graph import describe, parameter_file
    from fmac_ros.supervisor import Supervisor

    specs = tuple(spec for spec in describe("train_sim", {}) if spec.name in NODES)
    parameters = folder / "parameters.yaml"
    parameters.write_text(parameter_file(specs))
    network = {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    environment = {**os.environ, **network, "ROS_LOG_DIR": str(folder / "ros")}
    with Supervisor(
        specs, lambda spec: node_command(spec, parameters), folder / "logs", environment, print
    ):
        yield


def _say(text: str) -> None:
    print(text, flush=True)
