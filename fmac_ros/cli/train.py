"""``fmac train``: train an arm, then measure what it learned."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from fmac_ros.cli import options, result
from fmac_ros.cli.evaluate import evaluate
from fmac_ros.cli.pictures import draw_pictures
from fmac_ros.cli.session import EXIT_INTERRUPTED, interruptible, run_graph
from fmac_ros.display import make_display
from fmac_ros.priors.spec import algorithm_label
from fmac_ros.report.history import load_history
from fmac_ros.run_dir import RunDir
from fmac_ros.settings import Parameters
from fmac_ros.start import open_run, sides_of, train_settings, trainer_settings
from fmac_ros.supervisor import GraphFailed

GRAPH = "train_sim"


def add_parser(subparsers: Any) -> None:
    """Add ``fmac train``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "train", help="train a simulated arm to do what a sentence says"
    )
    options.add_settings(parser, train_settings(), {"episodes": "--eval-episodes"})
    parser.add_argument(
        "--resume",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="RUN",
        help="continue this run; without RUN the newest of the same task, robot and seed",
    )
    parser.add_argument(
        "--run-dir",
        type=Path,
        metavar="DIR",
        help="directory to keep the run in (default: runs/<task>-<robot>-seed<seed>)",
    )
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Train, evaluate, report."""
    given = options.given_settings(args, train_settings())
    place = args.run_dir if args.resume in (None, Path()) else args.resume
    run_dir, settings = open_run(given, place, resume=args.resume is not None)
    try:
        with interruptible():
            for side, own, found in _train_and_evaluate(run_dir, settings):
                _report(side, own, found, args.json)
    except KeyboardInterrupt:
        print(f"interrupted; finished episodes are kept. {_continue(run_dir)}")
        return EXIT_INTERRUPTED
    except GraphFailed as error:
        raise GraphFailed(f"{error}\n{_continue(run_dir)}") from error
    return 0


def _continue(run_dir: RunDir) -> str:
    return f"Continue with:\n  fmac train --resume {shlex.quote(str(run_dir.path))}"


def _train_and_evaluate(
    run_dir: RunDir, settings: Parameters
) -> list[tuple[RunDir, Parameters, dict[str, Any]]]:
    """Train, then evaluate each task of the run; its directory, settings and what was found."""
    about = algorithm_label(settings["algorithm"], settings["priors"])
    title = f"{settings['robot']}: {settings['task']}, {about} ({run_dir.path})"
    with make_display(title) as display:
        run_graph(GRAPH, trainer_settings(GRAPH, settings, run_dir), run_dir, display)
        display.say(f"training is over; evaluating on {settings['episodes']} held-out layouts")
        sides = sides_of(run_dir, settings)
        return [(side, own, evaluate(side, own, display)) for side, own in sides]


def _report(
    run_dir: RunDir, settings: Parameters, found: dict[str, Any], extra: Path | None
) -> None:
    past = load_history(run_dir.path)
    outcome = result.payload(settings, found, past)
    for path in filter(None, (run_dir.result, extra)):
        result.write_json(path, outcome)
    print(result.success_line(outcome))
    print(f"trained for {past.env_steps} steps in {past.train_seconds:.0f} s")
    draw_pictures(run_dir, past, found, settings)
    print(f"checkpoint          {run_dir.path}")
    print(f"result              {extra or run_dir.result}")
    print(f"evaluate it with    fmac eval {shlex.quote(str(run_dir.path))}")
