"""``fmac tasks``: what can be asked of a simulated arm."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fmac_ros.cli import options
from fmac_ros.robots import simulated_robots


def add_parser(subparsers: Any) -> None:
    """Add ``fmac tasks``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "tasks", help="list the simulated tasks and their sentences, or draw them"
    )
    option = parser.add_argument
    option("--world", choices=("pybullet", "metaworld"), default="pybullet", help="whose tasks")
    option("--tasks", help="tasks, comma between (default: all)")
    option(
        "--picture",
        type=Path,
        metavar="FILE",
        help="draw every task, with every arm, into this PNG, as in docs/tasks.png",
    )
    option("--robots", help="arms to draw, comma between (default: all); only in pybullet")


def run(args: argparse.Namespace) -> int:
    """List tasks; draw them where asked."""
    if args.world == "metaworld":
        _of_metaworld(args)
    else:
        _of_pybullet(args)
    if args.picture is not None:
        print(f"picture written to {args.picture}")
    return 0


def _of_pybullet(args: argparse.Namespace) -> None:
    from fmac_ros.tasks import TASKS

    tasks = options.names("tasks", args.tasks, tuple(TASKS))
    arms = options.names("robots", args.robots, simulated_robots())
    for name in tasks:
        _describe(name)
    if args.picture is not None:
        from fmac_ros.report.tasks_sheet import draw_sheet

        draw_sheet(tasks, arms, args.picture)


def _of_metaworld(args: argparse.Namespace) -> None:
    from fmac_ros.metaworld.loading import require
    from fmac_ros.metaworld.tasks import SENTENCES

    if args.robots is not None:
        raise ValueError(f"robots is {args.robots!r}, valid: none in metaworld, it has one arm")
    tasks = options.names("tasks", args.tasks, tuple(SENTENCES))
    for name in tasks:
        print(name)
        for sentence in SENTENCES[name]:
            print(f"  {sentence}")
    if args.picture is not None:
        require()
        from fmac_ros.report.tasks_sheet import draw_metaworld_sheet

        draw_metaworld_sheet(tasks, args.picture)


def _describe(name: str) -> None:
    from fmac_ros.sim.objects import COLOURS
    from fmac_ros.tasks import TASKS

    task = TASKS[name]
    needs = ", ".join([f"{task.horizon} steps", *(["gripper"] if task.gripper else [])])
    print(f"{name} ({needs})")
    for template in task.templates:
        print(f"  {template.replace('{}', 'COLOUR')}")
    if any(task.targets):
        print(f"  COLOUR: one of {', '.join(COLOURS)}; two in a sentence differ")
