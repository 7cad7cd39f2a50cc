"""``fmac eval``: measure a run's policy on held-out layouts, against the ground truth."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from fmac_ros.cli import options, result
from fmac_ros.cli.session import EXIT_INTERRUPTED, interruptible, run_graph
from fmac_ros.display import Display, make_display
from fmac_ros.graph import settings_of
from fmac_ros.priors.spec import algorithm_label
from fmac_ros.report.history import load_history
from fmac_ros.run_dir import RunDir
from fmac_ros.settings import Parameters
from fmac_ros.start import EVALUATION, evaluation_settings, on_hardware

SIMULATED, REAL = "eval_sim", "eval_real"


def add_parser(subparsers: Any) -> None:
    """Add ``fmac eval``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "eval", help="measure a trained policy on held-out layouts"
    )
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="directory fmac train made")
    options.add_settings(parser, _defaults())
    options.add_arm(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate, print the result, write it if asked."""
    run_dir = RunDir(args.run_dir)
    chosen = {**_defaults(), **options.given_settings(args, _defaults())}
    settings = {**run_dir.load_settings(), **chosen}
    about = algorithm_label(settings["algorithm"], settings["priors"])
    try:
        with interruptible(), make_display(f"evaluating {run_dir.path}, {about}") as display:
            found = evaluate(run_dir, settings, display, args.arm)
    except KeyboardInterrupt:
        print("interrupted; the run is as it was")
        return EXIT_INTERRUPTED
    outcome = result.payload(settings, found, load_history(run_dir.path))
    print(result.success_line(outcome))
    if args.json:
        result.write_json(args.json, outcome)
        print(f"written to {args.json}")
    return 0


def evaluate(
    run_dir: RunDir, settings: Parameters, display: Display, armed: bool = False
) -> dict[str, Any]:
    """Evaluate a run's policy and return what the evaluator wrote.

    Args:
        armed: a real arm may be armed at the start, as the person at the terminal said.
    """
    graph = REAL if on_hardware(settings) else SIMULATED
    run_dir.evaluation.unlink(missing_ok=True)  # an old result must never pass for the new one
    run_graph(graph, evaluation_settings(settings, run_dir, graph), run_dir, display, armed)
    found: dict[str, Any] = json.loads(run_dir.evaluation.read_text())
    return found


def _defaults() -> Parameters:
    defaults = settings_of(SIMULATED)
    return {name: defaults[name] for name in EVALUATION}
