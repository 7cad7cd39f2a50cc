"""``fmac doctor``: say whether this machine can train, and what to do where it cannot."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console
from rich.markup import escape

from fmac_ros.health import CHECKS, Check, Unhealthy

EXIT_UNHEALTHY = 1


def add_parser(subparsers: Any) -> None:
    """Add the subcommand; it has no options."""
    subparsers.add_parser(
        "doctor",
        help="check the installation",
        description="Check Python, ROS, the simulator, the priors and the disk.",
    )


def run(args: argparse.Namespace) -> int:
    """Run all checks and return 0 where all passed."""
    console = Console(highlight=False, soft_wrap=True)
    results = [_report(console, check) for check in CHECKS]
    if all(results):
        console.print("Everything works.")
        return 0
    console.print(f"{results.count(False)} of {len(results)} checks failed.")
    return EXIT_UNHEALTHY


def _report(console: Console, check: Check) -> bool:
    try:
        found = check.look()
    except Unhealthy as error:
        console.print(f"[red]failed[/]  {check.name}: {escape(str(error))}")
        console.print(f"        to mend it: {check.advice}", markup=False)
        return False
    console.print(f"[green]ok[/]      {check.name}: {escape(found)}")
    return True
