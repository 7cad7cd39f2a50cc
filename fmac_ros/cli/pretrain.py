"""``fmac pretrain``: make the embedded priors from action-free videos."""

from __future__ import annotations

import argparse
from pathlib import Path

from fmac_ros.paths import package_dir
from fmac_ros.priors.pretrain.settings import STAGES, PretrainSettings


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the ``pretrain`` subcommand."""
    parser = subparsers.add_parser("pretrain", help="train the foundation priors from videos")
    option = parser.add_argument
    option("--videos", type=Path, required=True, help="directory of training video shards")
    option("--validation", type=Path, required=True, help="directory of held-out video shards")
    option("--work", type=Path, required=True, help="directory for latents and checkpoints")
    option(
        "--weights",
        type=Path,
        default=package_dir() / "weights",
        help="where the priors go (default: the package's own weights)",
    )
    option("--stage", choices=("all", *STAGES), default="all", help="run one stage only")
    option("--seed", type=int, default=0, help="seed of weights and batches (default 0)")
    option("--minutes", type=float, help="wall-clock limit of each network's training")
    option("--effort", type=float, default=1.0, help="multiplies the training steps (default 1)")
    option("--float32", action="store_true", help="train without bfloat16 multiplications")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train what has not been trained yet; a second start continues an interrupted one."""
    from fmac_ros.priors.pretrain.stages import run_all, run_track

    settings = PretrainSettings(
        videos=args.videos,
        validation=args.validation,
        weights=args.weights,
        work=args.work,
        seed=args.seed,
        minutes=args.minutes,
        effort=args.effort,
        bfloat16=not args.float32,
    )
    if args.stage == "all":
        run_all(settings)
    else:
        run_track((args.stage,), settings)
    return 0
