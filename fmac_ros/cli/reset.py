"""``fmac reset done``: tell a training on a real arm that its scene is set up."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add ``fmac reset``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "reset", help="confirm to a training on a real arm that what it asks for is done"
    )
    parser.add_argument("what", choices=("done",), help="done: the scene is set up, go on")
    parser.add_argument(
        "--timeout",
        type=float,
        default=10.0,
        metavar="S",
        help="how long to wait for reset_node [s] (default: 10)",
    )


def run(args: argparse.Namespace) -> int:
    """Confirm, and print what was confirmed."""
    from fmac_ros.ros.confirm import confirm  # fmac --help needs no ROS

    print(confirm(args.timeout))
    return 0
