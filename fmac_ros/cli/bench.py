"""``fmac bench``: measure the parts of the system."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fmac_ros.cli import (
    bench_latency,
    bench_learning,
    bench_server,
    bench_soak,
    bench_speed,
    options,
    result,
)
from fmac_ros.paths import cache_dir


def add_parser(subparsers: Any) -> None:
    """Add ``fmac bench`` with its benchmarks."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "bench", help="measure learning, the priors, their server and the running graph"
    )
    benches = parser.add_subparsers(
        dest="bench", required=True, metavar="WHAT", help="what to measure"
    )
    _add_priors(benches.add_parser("priors", help="how far each prior deserves trust"))
    bench_server.add_parser(
        benches.add_parser("server", help="speed through the prior server and of the bare models")
    )
    bench_learning.add_parser(
        benches.add_parser("learning", help="success against steps, ours and baselines")
    )
    bench_speed.add_parser(
        benches.add_parser("speed", help="the learner beside SAC's, the graph beside one process")
    )
    bench_latency.add_parser(
        benches.add_parser("latency", help="time from an observation to its command")
    )
    bench_soak.add_parser(
        benches.add_parser("soak", help="a long run in which something goes wrong all the time")
    )


def run(args: argparse.Namespace) -> int:
    """Run the benchmark that was asked for."""
    runs = {
        "priors": _run_priors,
        "server": bench_server.run,
        "learning": bench_learning.run,
        "speed": bench_speed.run,
        "latency": bench_latency.run,
        "soak": bench_soak.run,
    }
    return runs[args.bench](args)


def _add_priors(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("--priors", default="embedded", help="as for fmac train (default embedded)")
    option("--tasks", help="tasks, comma between them (default: all)")
    option("--arms", help="arms, comma between them (default: all)")
    option("--seen-arms", help="arms the priors learned from (default: what their weights say)")
    option("--videos-per-arm", type=int, default=100, help="held-out videos (default 100)")
    option("--episodes", type=int, default=20, help="layouts to follow videos on, 0 for none")
    option("--play-steps", type=int, default=4000, help="random play behind inverse dynamics")
    option("--rounds", type=int, default=4, help="of practice before that, 0 for random play alone")
    option("--look-ahead", type=int, default=2, help="which imagined frame is followed")
    option("--seed", type=int, default=0, help="of layouts, networks and noise (default 0)")
    option("--success-fpr", type=float, default=0.001, help="as for fmac train (default 0.001)")
    option("--videos", type=Path, help="directory of the held-out videos (default: cache)")
    option("--out", type=Path, default=Path("bench_priors"), help="directory of the pictures")
    options.add_json(parser)


def _run_priors(args: argparse.Namespace) -> int:
    from fmac_ros.bench.priors.markdown import table
    from fmac_ros.bench.priors.pictures import draw_pictures
    from fmac_ros.bench.priors.suite import measure

    bench = _prior_bench(args)
    measured = measure(bench, lambda text: print(text, flush=True))
    files = draw_pictures(measured, bench, args.out)
    print(f"\n{table(measured.rows)}\n")
    print("pictures: " + ", ".join(map(str, files)))
    if args.json:
        # Its name says which videos; where they lie is this machine's own affair.
        settings = {**asdict(bench), "folder": bench.folder.name}
        found = {"rows": measured.rows, "speed": measured.speed, "settings": settings}
        about = {"versions": result.versions(), "commit": result.commit()}
        result.write_json(args.json, {**found, **about})
        print(f"written to {args.json}")
    return 0


def _prior_bench(args: argparse.Namespace) -> Any:
    from fmac_ros.bench.priors.following import Following
    from fmac_ros.bench.priors.seen import seen_arms
    from fmac_ros.bench.priors.suite import PriorBench
    from fmac_ros.priors.pretrain.settings import ARMS
    from fmac_ros.tasks import TASKS
    from fmac_ros.trust.calibration import ThresholdOptions

    tasks = options.names("tasks", args.tasks, tuple(TASKS))
    arms = options.names("arms", args.arms, ARMS)
    seen = seen_arms(args.priors)
    if args.seen_arms is not None:
        seen = options.names("seen-arms", args.seen_arms, ARMS)
    place = f"{args.seed}-{args.videos_per_arm}-{'-'.join((*tasks, *arms))}"
    return PriorBench(
        priors=args.priors,
        folder=args.videos or cache_dir() / "bench_priors" / place,
        tasks=tasks,
        arms=arms,
        seen=seen,
        videos_per_arm=args.videos_per_arm,
        look_ahead=args.look_ahead,
        seed=args.seed,
        following=Following(args.play_steps, args.play_steps, args.rounds, episodes=args.episodes)
        if args.episodes
        else None,
        thresholds=ThresholdOptions(args.success_fpr),
    )
