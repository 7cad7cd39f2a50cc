"""``fmac pretrain``: make the embedded priors from action-free videos."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fmac_ros.cli import options
from fmac_ros.metaworld.loading import require
from fmac_ros.paths import cache_dir, package_dir
from fmac_ros.precision import has_fast_bfloat16
from fmac_ros.priors.pretrain.settings import STAGES, WORLD_ARMS, PretrainSettings


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add the ``pretrain`` subcommand."""
    parser = subparsers.add_parser("pretrain", help="train the foundation priors from videos")
    option = parser.add_argument
    option("--work", type=Path, help="latents and checkpoints (default: the cache directory)")
    option("--videos", type=Path, help="training videos, rendered if missing (default: in work)")
    option("--validation", type=Path, help="held-out videos, likewise (default: in work)")
    option("--world", choices=tuple(WORLD_ARMS), default="pybullet", help="world to render")
    option("--videos-per-arm", type=int, default=900, help="training videos to render of each arm")
    option("--held-out-per-arm", type=int, default=100, help="held-out videos, likewise")
    option("--arms", help="arms to render, comma between; leave one out as held out (default: all)")
    option("--weights", type=Path, help="where the priors go (default: the package's own weights)")
    option("--stage", choices=("all", *STAGES), default="all", help="run one stage only")
    option("--start-from", type=Path, help="priors to fine-tune instead of random weights")
    option(
        "--keep",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of the weights of --start-from in the result; 0.5 is the mean (default 0)",
    )
    option(
        "--picture-size",
        type=int,
        metavar="PIXELS",
        help="of a camera's picture that value and success look at (default: as stored, 128); "
        "64 trains four times as fast",
    )
    option("--seed", type=int, default=0, help="seed of weights and batches (default 0)")
    option("--minutes", type=float, help="wall-clock limit of each network's training")
    option("--effort", type=float, default=1.0, help="multiplies the training steps (default 1)")
    option("--batch-factor", type=int, default=1, help="multiplies the batches (a GPU takes 4)")
    option(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where (default: auto)"
    )
    option(
        "--float32", action="store_true", help="never multiply in bfloat16 (default: where fast)"
    )
    _add_import(parser.add_argument_group("videos of your own (docs/data.md)"))


def _add_import(group: argparse._ArgumentGroup) -> None:
    option = group.add_argument
    option(
        "--import",
        dest="imports",
        type=Path,
        action="append",
        metavar="PATH",
        help="learn from this folder of videos with sentences, or LeRobotDataset v3; repeatable",
    )
    option("--cameras", help="cameras of a picture from left to right: a,b (default: all)")
    option("--seconds-per-frame", type=float, help="time between two pictures (default 0.1)")
    option("--held-out", type=float, metavar="SHARE", help="share held out (default 0.1)")
    option("--arm", help="name of the arm where the data names none (default: unknown)")


def run(args: argparse.Namespace) -> int:
    """Train what has not been trained yet; a second start continues an interrupted one."""
    from fmac_ros.priors.pretrain.devices import choose_device
    from fmac_ros.priors.pretrain.stages import run_all, run_track

    if args.world == "metaworld":
        require()
    work = args.work or cache_dir() / "pretrain"
    device = choose_device(args.device)
    settings = PretrainSettings(
        videos=args.videos or work / "videos",
        validation=args.validation or work / "validation_videos",
        weights=args.weights or package_dir() / "weights",
        work=work,
        arms=options.names("arms", args.arms, WORLD_ARMS[args.world]),
        videos_per_arm=args.videos_per_arm,
        held_out_per_arm=args.held_out_per_arm,
        seed=args.seed,
        minutes=args.minutes,
        effort=args.effort,
        batch_factor=args.batch_factor,
        device=device,
        bfloat16=(device == "cuda" or has_fast_bfloat16()) and not args.float32,
        start_from=args.start_from,
        keep=args.keep,
        world=args.world,
        picture_size=args.picture_size,
    )
    if args.imports:
        _import(args, settings)
    if args.stage == "all":
        run_all(settings)
    else:
        run_track((args.stage,), settings)
    return 0


def _import(args: argparse.Namespace, settings: PretrainSettings) -> None:
    """Write the user's videos as shards; what an earlier start wrote is kept."""
    from fmac_ros.priors.pretrain.sources import import_videos
    from fmac_ros.priors.pretrain.sources.common import ImportOptions
    from fmac_ros.priors.pretrain.stages import Logger

    named = {name: getattr(args, name) for name in ("seconds_per_frame", "held_out", "arm")}
    given = {name: value for name, value in named.items() if value is not None}
    cameras = tuple(name.strip() for name in args.cameras.split(",")) if args.cameras else ()
    log = Logger(settings.work / "log.txt", time.monotonic())
    import_videos(args.imports, settings, ImportOptions(cameras=cameras, **given), log)
