"""``fmac bench soak``: train in real time while something goes wrong again and again."""

from __future__ import annotations

import argparse
import dataclasses
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fmac_ros.cli import measured, options, result

ROBOT = "panda"
ENDLESS = 1_000_000  # steps, and deaths, that no soak reaches
START = 90.0  # [s] until the first episode must be on disk
RESUME = 120.0  # [s] until a resumed run must have stored another one
POLL = 0.1  # [s]
QUICK = {"seed_steps": 100, "play_horizon": 15, "seed_updates": 50, "checkpoint_every": 2}
OWN: dict[str, dict[str, Any]] = {
    "trainer_node": QUICK,
    "policy_node": {"start_armed": False, "follow_timeout": 1.0},
}


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fmac bench soak``."""
    option = parser.add_argument
    option("--minutes", type=float, default=30.0, help="how long (default 30)")
    option("--seed", type=int, default=0, help="of the faults (default 0)")
    option("--priors", default="embedded", help="as for fmac train (default embedded)")
    option("--keep", type=Path, metavar="DIR", help="keep the run and the logs here")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Soak, judge, print and save; 1 where something was lost or violated."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        if (folder / "run").exists():
            raise ValueError(f"{folder} holds a run already, valid: another directory for --keep")
        found = _soak(args, folder)
    found["ok"] = not (found["violations"] or found["problems"])
    print(f"{found['faults']} faults, {found['deaths']} deaths, {found['episodes']} episodes")
    for text in (*found["violations"], *found["problems"]):
        print(f"  {text}")
    print("nothing lost, nothing violated" if found["ok"] else "FAILED")
    if args.json:
        settings = {name: getattr(args, name) for name in ("minutes", "seed", "priors")}
        result.write_json(args.json, {**found, "settings": settings, **measured.about()})
        print(f"written to {args.json}")
    return 0 if found["ok"] else 1


def _soak(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from fmac_ros.bench.soak.checks import problems_of, stored_episodes

    run = folder / "run"
    deaths: list[str] = []
    with _graph(args, folder, deaths) as (desk, supervisor):
        if not _await_episodes(run, 1, START, desk, supervisor):
            raise RuntimeError(f"no episode within {START:.0f} s; --keep DIR keeps the logs")
        faults = _trouble(args, desk, supervisor, run)
        recorder = desk.recorder
        found = {
            "commands": recorder.commanded.commands,
            "late_commands": recorder.late,
            "holds": dict(Counter(reason for _, reason in recorder.reasons if reason)),
            "peak_of_vendor_limit": recorder.measured.peak,
            "violations": recorder.violations[:50],
        }
    problems, steps = problems_of(run)
    stored = stored_episodes(run)
    print("resuming the run", flush=True)
    with _graph(args, folder, []) as (desk, supervisor):
        resumed = _await_episodes(run, stored + 1, RESUME, desk, supervisor)
    if not resumed:
        problems.append(f"the run did not go on within {RESUME:.0f} s after it was resumed")
    problems += [f"after resuming: {text}" for text in problems_of(run)[0]]
    counts = {"episodes": stored, "steps": steps, "deaths": len(deaths), **faults}
    return {**counts, **found, "problems": problems}


@contextmanager
def _graph(args: argparse.Namespace, folder: Path, deaths: list[str]) -> Iterator[tuple[Any, Any]]:
    """The training graph behind a fault desk, in a domain of its own."""
    from fmac_ros.cli.session import node_command
    from fmac_ros.environment import free_domain, process_environment
    from fmac_ros.graph import NodeSpec, parameter_file
    from fmac_ros.robots import load_robot
    from fmac_ros.ros.fault_desk import FaultDesk
    from fmac_ros.ros.fault_relay import remappings, robot_side
    from fmac_ros.supervisor import Supervisor

    specs, domain = _specs(args, folder), free_domain()
    folder.mkdir(parents=True, exist_ok=True)
    parameters = folder / "parameters.yaml"
    parameters.write_text(parameter_file(specs))
    network = {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    os.environ.update({**process_environment(), **network})
    environment = {**os.environ, "ROS_LOG_DIR": str(folder / "ros")}
    behind = remappings(robot_side(load_robot(ROBOT)))

    def command(spec: NodeSpec) -> list[str]:
        return [*node_command(spec, parameters), *(behind if spec.name == "pybullet_sim" else [])]

    logs = folder / "logs"
    with (
        FaultDesk(ROBOT, domain) as desk,
        Supervisor(specs, command, logs, environment, deaths.append, ENDLESS) as supervisor,
    ):
        yield desk, supervisor


def _specs(args: argparse.Namespace, folder: Path) -> tuple[Any, ...]:
    from fmac_ros.graph import describe

    settings = {"robot": ROBOT, "lockstep": False, "priors": args.priors, "env_steps": ENDLESS}
    place = {"run_dir": str(folder / "run"), "resume": True, "horizon": 25}
    return tuple(
        dataclasses.replace(spec, parameters={**spec.parameters, **OWN.get(spec.name, {})})
        for spec in describe("train_sim", {**settings, **place})
    )


def _trouble(args: argparse.Namespace, desk: Any, supervisor: Any, run: Path) -> dict[str, Any]:
    """Let things go wrong until the time is over; how often each did."""
    from fmac_ros.bench.soak.checks import stored_episodes
    from fmac_ros.bench.soak.schedule import events
    from fmac_ros.ros.soak_faults import SoakFaults
    from fmac_ros.ros.soak_operator import SoakOperator

    faults = SoakFaults(desk, ROBOT, lambda: supervisor.pids)
    told = 0
    operator, counts = SoakOperator(desk), Counter[str]()
    began = time.monotonic()
    end = began + 60 * args.minutes

    def attended(seconds: float) -> None:
        until = min(time.monotonic() + seconds, end)
        while time.monotonic() < until:
            supervisor.look()
            operator.look()
            time.sleep(POLL)

    for event in events(args.seed):
        attended(event.after)
        if time.monotonic() >= end:
            break
        counts[f"{event.kind} {event.what}"] += 1
        at = time.monotonic() - began
        recorder = desk.recorder
        print(
            f"{at:7.1f} s  {event.kind} {event.what} ({event.lasts:.1f} s); "
            f"{stored_episodes(run)} episodes, {len(recorder.violations)} violations",
            flush=True,
        )
        for text in recorder.violations[told:]:
            print(f"           {text}", flush=True)
        told = len(recorder.violations)
        faults.inject(event, lambda seconds: _watched(supervisor, seconds))
    return {"faults": sum(counts.values()), "faults_by_kind": dict(sorted(counts.items()))} | {
        "armed_again": operator.armed
    }


def _watched(supervisor: Any, seconds: float) -> None:
    """Wait, starting again what dies meanwhile."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        supervisor.look()
        time.sleep(POLL)


def _await_episodes(run: Path, count: int, patience: float, desk: Any, supervisor: Any) -> bool:
    """Whether so many episodes come to be on disk in time [s]; an operator arms meanwhile."""
    from fmac_ros.bench.soak.checks import stored_episodes
    from fmac_ros.ros.soak_operator import SoakOperator

    operator, end = SoakOperator(desk), time.monotonic() + patience
    while stored_episodes(run) < count and time.monotonic() < end:
        supervisor.look()
        operator.look()
        time.sleep(POLL)
    return stored_episodes(run) >= count
