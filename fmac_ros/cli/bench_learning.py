"""``fmac bench learning``: success against environment steps, ours and baselines."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fmac_ros.cli import options, result
from fmac_ros.cli.session import EXIT_INTERRUPTED, interruptible
from fmac_ros.robots import known_robots

DEFAULT_OUT = Path("bench/learning")


def add_parser(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fmac bench learning``."""
    option = parser.add_argument
    option("--worlds", default="pybullet", help="pybullet, metaworld (default pybullet)")
    option(
        "--tasks",
        default="press_button",
        help="names of tasks, or sentences of fmac tasks; press_button+reach is one policy of both",
    )
    option("--robots", default="panda", help="arms (default panda)")
    option(
        "--algorithms",
        default="fmac",
        help="algorithms and baselines, each with changes of its settings such as "
        "fmac+imagine=once (default fmac; docs/bench.md)",
    )
    option(
        "--priors",
        default="learned",
        help="learned, oracle, a directory or a YAML file, each with changes such as "
        "learned+no-video or oracle+value-noise=0.5+reliability (docs/bench.md)",
    )
    option("--seeds", default="0", help="seeds, as 0,1,2 or 0-4 (default 0)")
    option("--env-steps", type=int, default=8000, help="steps of each cell (default 8000)")
    option("--eval-every", type=int, default=1000, help="steps between evaluations (1000)")
    option("--eval-episodes", type=int, default=20, help="held-out layouts of each (20)")
    option("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other training settings")
    option("--jobs", type=int, help="cells at a time (default: the cores there are)")
    option("--out", type=Path, default=DEFAULT_OUT, help=f"folder (default {DEFAULT_OUT})")
    option("--resume", action="store_true", help="go on with the bench in the folder")
    option("--keep-episodes", action="store_true", help="leave episodes of finished cells on disk")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run what is missing, write tables and pictures."""
    from fmac_ros.bench.learning.cells import check_together
    from fmac_ros.bench.learning.folder import BenchFolder
    from fmac_ros.bench.learning.pool import Pool

    cells, effort = _cells(args), _effort(args)
    check_together(cells, effort)
    jobs = args.jobs or len(os.sched_getaffinity(0))
    folder = BenchFolder(args.out, effort, args.resume)
    about = _about(args, jobs)
    folder.save_about(about)
    kept = folder.rows(cells)
    missing = [cell for cell in cells if cell not in kept]
    _say(f"{len(cells)} cells, {len(kept)} of them finished before, {jobs} at a time")
    pool = Pool(folder.cells, effort, jobs, _say, args.keep_episodes)
    interrupted = False
    try:
        with interruptible():
            pool.run(missing)
    except KeyboardInterrupt:
        interrupted = True
    found = {**kept, **pool.rows, **pool.stopped}
    rows = [found[cell] for cell in cells if cell in found]
    _report(rows, folder, about, args)
    folder.close()
    for cell, reason in pool.failed.items():
        result.error(f"{cell.title}: {reason}")
    if interrupted:
        print(f"interrupted; go on with\n  {_command(resume=True)}")
        return EXIT_INTERRUPTED
    return 1 if pool.failed else 0


def _cells(args: argparse.Namespace) -> list[Any]:
    from fmac_ros.bench.learning.cells import plan
    from fmac_ros.bench.learning.worlds import WORLDS

    worlds = options.names("worlds", args.worlds, tuple(WORLDS))
    for world in worlds:
        WORLDS[world].check()
    return plan(
        worlds,
        _list(args.tasks),
        options.names("robots", args.robots, known_robots()),
        _list(args.algorithms),
        _list(args.priors),
        _seeds(args.seeds),
    )


def _effort(args: argparse.Namespace) -> Any:
    from fmac_ros.bench.learning.cells import Effort

    settings = dict(_setting(text) for text in args.set)
    return Effort(args.env_steps, args.eval_every, args.eval_episodes, settings)


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        if not equals or not value:
            raise ValueError(f"--set has {text!r}, valid: NAME=VALUE") from None
        return name, value


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _seeds(text: str) -> list[int]:
    """``0,2-4`` as 0, 2, 3, 4. Raises ValueError."""
    found: list[int] = []
    for part in _list(text):
        first, _, last = part.partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            raise ValueError(f"--seeds has {part!r}, valid: 0,1,2 or 0-4")
        found += range(int(first), int(last or first) + 1)
    if not found:
        raise ValueError(f"--seeds is {text!r}, valid: 0,1,2 or 0-4")
    return found


def _report(
    rows: Sequence[Mapping[str, Any]], folder: Any, about: dict[str, Any], args: argparse.Namespace
) -> None:
    from fmac_ros.bench.learning.table import report

    if not rows:
        print("no cell has been evaluated")
        return
    files = folder.save_report(rows, about)
    print(f"\n{report(rows)}")  # type: ignore[arg-type]
    print("written: " + ", ".join(map(str, files)))
    if args.json:
        result.write_json(args.json, {"rows": rows, **about})
        print(f"written to {args.json}")


def _about(args: argparse.Namespace, jobs: int) -> dict[str, Any]:
    from fmac_ros.bench.about import load, machine, now

    settings = {n: str(v) if isinstance(v, Path) else v for n, v in vars(args).items()}
    return {
        "command": _command(),
        "settings": settings,
        "jobs": jobs,
        "date": now(),
        "machine": machine(),
        "load_average": load(),
        "versions": {**result.versions(), **result.versions_of(("stable-baselines3", "gymnasium"))},
        "commit": result.commit(),
    }


def _command(resume: bool = False) -> str:
    words = ["fmac", *sys.argv[1:]]
    return shlex.join([*words, *(["--resume"] if resume and "--resume" not in words else [])])


def _say(text: str) -> None:
    print(text, flush=True)
