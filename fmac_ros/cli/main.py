"""``fmac``: the way in for people without a ROS install."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from fmac_ros import __version__
from fmac_ros.allocator import keep_freed_memory
from fmac_ros.cli import (
    bench,
    calibrate,
    doctor,
    evaluate,
    franky_sim,
    pretrain,
    reset,
    result,
    security,
    tasks,
    train,
)

COMMANDS = {
    "train": train,
    "eval": evaluate,
    "pretrain": pretrain,
    "calibrate": calibrate,
    "bench": bench,
    "reset": reset,
    "tasks": tasks,
    "franky-sim": franky_sim,
    "doctor": doctor,
    "security": security,
}
EXIT_FAILED = 1


def make_parser() -> argparse.ArgumentParser:
    """Build the parser with all subcommands."""
    parser = argparse.ArgumentParser(
        prog="fmac", description="Train a robot arm to do what a sentence says."
    )
    parser.add_argument("--version", action="version", version=f"fmac_ros {__version__}")
    parser.add_argument(
        "--traceback", action="store_true", help="show where in the code an error came from"
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS.values():
        module.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    args = make_parser().parse_args(argv)
    keep_freed_memory()
    try:
        return int(COMMANDS[args.command].run(args))
    except (ValueError, OSError, RuntimeError) as error:
        if args.traceback:
            raise
        result.error(str(error))
        return EXIT_FAILED


if __name__ == "__main__":
    raise SystemExit(main())
