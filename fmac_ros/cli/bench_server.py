"""``fmac bench server``: the prior server's speed beside the bare models'."""

from __future__ import annotations

import argparse
import dataclasses
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fmac_ros.cli import options, result

PRIORS = ("value", "success")


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fmac bench server``."""
    option = parser.add_argument
    option("--priors", default="embedded", help="as for fmac train (default embedded)")
    option(
        "--size",
        type=int,
        default=128,
        help="also measure the embedded architecture, with random weights, on square pictures of "
        "so many pixels; 0 leaves that out (default 128)",
    )
    option("--batch", type=int, default=32, help="pictures, and concurrent requests (default 32)")
    option("--repeats", type=int, default=30, help="turns of each load (default 30)")
    option("--singles", type=int, default=200, help="turns of a single request (default 200)")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print and save."""
    from fmac_ros.bench.server.comparing import table
    from fmac_ros.bench.server.sized import save_sized

    with tempfile.TemporaryDirectory() as folder:
        cases = [args.priors]
        if args.size:
            cases.append(str(save_sized(Path(folder) / "sized", args.size, args.size)))
        rows = [row for case in cases for row in _measure(case, args, Path(folder))]
    print(f"\n{table(rows)}")
    if args.json:
        asked = ("priors", "size", "batch", "repeats", "singles")
        settings = {name: getattr(args, name) for name in asked}
        load = os.getloadavg()
        about = {"versions": result.versions(), "commit": result.commit(), "load_average": load}
        result.write_json(args.json, {"rows": rows, "settings": settings, **about})
        print(f"written to {args.json}")
    return 0


def _measure(priors: str, args: argparse.Namespace, folder: Path) -> Iterator[Any]:
    """Rows of both priors under each load, of a server that runs meanwhile."""
    from fmac_ros.bench.server.comparing import SENTENCE, Load, compare
    from fmac_ros.environment import free_domain, process_environment
    from fmac_ros.priors.registry import load_priors
    from fmac_ros.ros.server_probe import ServerProbe
    from fmac_ros.ros.threads import one_torch_thread
    from fmac_ros.trust.calibration import ThresholdOptions

    one_torch_thread()
    loads = (
        Load(args.batch, 1, args.repeats),
        Load(1, args.batch, args.repeats),
        Load(1, 1, args.singles),
    )
    loaded, domain = load_priors(priors, ThresholdOptions(rate=0.0)), free_domain()
    os.environ.update(process_environment())
    bare = {"value": loaded.value.values, "success": loaded.success.scores}
    size = loaded.picture_size
    with _server(priors, domain, folder), ServerProbe(domain, args.batch) as probe:
        probe.await_server()
        for prior in PRIORS:
            for load in loads:
                row = compare(
                    prior,
                    size,
                    lambda name, stacks: probe.ask(name, SENTENCE, stacks),
                    lambda pictures, name=prior: bare[name](pictures, SENTENCE),  # type: ignore[misc]
                    load,
                )
                print(f"{prior}, {load}: {row['ratio']:.2f} of the bare model", flush=True)
                yield row


@contextmanager
def _server(priors: str, domain: int, folder: Path) -> Iterator[None]:
    """A prior_server that remembers no scores, in a process of its own."""
    from fmac_ros.cli.session import node_command
    from fmac_ros.graph import describe, parameter_file
    from fmac_ros.supervisor import Supervisor

    specs = [spec for spec in describe("train_sim", {}) if spec.name == "prior_server"]
    own = {"priors": priors, "success_fpr": 0.0, "cache_size": 0, "use_sim_time": False}
    specs = [dataclasses.replace(s, parameters={**s.parameters, **own}, needs=()) for s in specs]
    parameters = folder / "parameters.yaml"
    parameters.write_text(parameter_file(tuple(specs)))
    network = {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    environment = {**os.environ, **network, "ROS_LOG_DIR": str(folder / "ros")}
    with Supervisor(
        specs, lambda spec: node_command(spec, parameters), folder / "logs", environment, print
    ):
        yield
