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
from fmac_ros.graph import OF_HARDWARE
from fmac_ros.priors.spec import algorithm_label
from fmac_ros.report.history import load_history
from fmac_ros.run_dir import RunDir
from fmac_ros.settings import Parameters
from fmac_ros.start import on_hardware, open_run, sides_of, train_settings, trainer_settings
from fmac_ros.supervisor import GraphFailed

SIMULATED, REAL = "train_sim", "train_real"


def add_parser(subparsers: Any) -> None:
    """Add ``fmac train``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "train", help="train an arm, simulated or real, to do what a sentence says"
    )
    options.add_settings(parser, _settings(), {"episodes": "--eval-episodes"})
    options.add_arm(parser)
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
    given = options.given_settings(args, _settings())
    place = args.run_dir if args.resume in (None, Path()) else args.resume
    graph = REAL if set(given) & set(OF_HARDWARE) else SIMULATED
    run_dir, settings = open_run(given, place, args.resume is not None, graph)
    try:
        with interruptible():
            for side, own, found in _train_and_evaluate(run_dir, settings, args.arm):
                _report(side, own, found, args.json)
    except KeyboardInterrupt:
        print(f"interrupted; finished episodes are kept. {_continue(run_dir)}")
        return EXIT_INTERRUPTED
    except GraphFailed as error:
        raise GraphFailed(f"{error}\n{_continue(run_dir)}") from error
    return 0


def _settings() -> Parameters:
    """What can be chosen: what drives the arm decides which of it is read."""
    return {**train_settings(REAL), **train_settings(SIMULATED)}


def _continue(run_dir: RunDir) -> str:
    return f"Continue with:\n  fmac train --resume {shlex.quote(str(run_dir.path))}"


def _train_and_evaluate(
    run_dir: RunDir, settings: Parameters, armed: bool
) -> list[tuple[RunDir, Parameters, dict[str, Any]]]:
    """Train, then evaluate each task of the run; its directory, settings and what was found."""
    graph = REAL if on_hardware(settings) else SIMULATED
    about = algorithm_label(settings["algorithm"], settings["priors"])
    title = f"{settings['robot']}: {settings['task']}, {about} ({run_dir.path})"
    with make_display(title) as display:
        run_graph(graph, trainer_settings(graph, settings, run_dir), run_dir, display, armed)
        display.say(f"training is over; evaluating on {settings['episodes']} held-out layouts")
        sides = sides_of(run_dir, settings)
        return [(side, own, evaluate(side, own, display, armed)) for side, own in sides]


def _report(
    run_dir: RunDir, settings: Parameters, found: dict[str, Any], extra: Path | None
) -> None:
    from fmac_ros.report.run_diagnosis import diagnose_run  # torch takes seconds to import

    past = load_history(run_dir.path)
    diagnosis = diagnose_run(run_dir.path, found["successes"] / found["episodes"], settings)
    outcome = result.payload(settings, found, past) | {"diagnosis": diagnosis.asdict()}
    for path in filter(None, (run_dir.result, extra)):
        result.write_json(path, outcome)
    print(result.success_line(outcome))
    print(f"trained for {past.env_steps} steps in {past.train_seconds:.0f} s")
    print("\n".join(diagnosis.lines()))
    draw_pictures(run_dir, past, found, settings)
    print(f"checkpoint          {run_dir.path}")
    print(f"result              {extra or run_dir.result}")
    print(f"evaluate it with    fmac eval {shlex.quote(str(run_dir.path))}")
