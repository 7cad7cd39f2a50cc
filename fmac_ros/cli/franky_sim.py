"""``fmac franky-sim``: a simulated FR3 that speaks the arm's network protocol."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from types import FrameType
from typing import Any

from fmac_ros.drivers.franka.joint_log import JointLog
from fmac_ros.drivers.franka.simulated import run as simulate
from fmac_ros.robots import load_robot

LOOPBACK = "127.0.0.1"
ROBOT = "fr3"  # what franky-sim simulates


def add_parser(subparsers: Any) -> None:
    """Add ``fmac franky-sim``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "franky-sim",
        help="simulate an FR3 behind the arm's network protocol, for --driver franka",
        description="Simulates until Ctrl-C. SIGUSR1 sets off a reflex, SIGUSR2 presses or "
        "releases the stop button.",
    )
    parser.add_argument("--address", default=LOOPBACK, help=f"to listen on (default: {LOOPBACK})")
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="record every joint command here, at 1 kHz"
    )


def run(args: argparse.Namespace) -> int:
    """Simulate until a signal comes."""
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, note)
    log = JointLog(args.log) if args.log is not None else None
    try:
        speed = simulate(
            args.address, load_robot(ROBOT).home, log, lambda server: _obeyed(server, asked), _say
        )
    except ImportError as error:
        raise RuntimeError(
            f"franky-sim is not installed: pip install franky-sim ({error})"
        ) from error
    finally:
        if log is not None:
            log.close()
    print(f"simulated at {speed:.2f} times real time")
    return 0


def _obeyed(server: Any, asked: list[int]) -> bool:
    """Do what the signals ask for; False to end."""
    while asked:
        number = asked.pop(0)
        if number == signal.SIGUSR1:
            server.reflex()
        elif number == signal.SIGUSR2:
            server.user_stop()
        else:
            return False
    return True


def _say() -> None:
    print("the simulated arm is ready", flush=True)
