"""``fmac calibrate``: fit a success prior's thresholds to labelled videos it never saw."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fmac_ros.cli import options, result
from fmac_ros.paths import cache_dir

RATES = (0.001, 0.01, 0.05)


def add_parser(subparsers: Any) -> None:
    """Add ``fmac calibrate``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "calibrate", help="set success thresholds by a false-positive rate, on labelled videos"
    )
    option = parser.add_argument
    option("--priors", default="embedded", help="as for fmac train (default embedded)")
    option(
        "--videos",
        type=Path,
        help="labelled videos, shards as fmac pretrain writes them, that the prior did not learn "
        "from (default: the held-out ones, rendered into the cache)",
    )
    option(
        "--check",
        type=Path,
        help="other labelled videos: show what the calibration that is there gives on them, and "
        "write none",
    )
    option("--arms", help="arms to render, comma between them (default: all)")
    option("--fpr", type=float, default=0.01, help="rate to report besides others (default 0.01)")
    option(
        "--success-frames", type=int, default=2, help="as for fmac train, in the rate per episode"
    )
    option("--out", type=Path, help="file to write (default: beside an embedded success prior)")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Ask the prior about every frame, write or check the calibration, show what it gives."""
    from fmac_ros.priors.pretrain.videos import read_all_pictures, read_table
    from fmac_ros.priors.registry import load_priors
    from fmac_ros.trust.calibration import ThresholdOptions
    from fmac_ros.trust.measuring import ask_success

    if args.success_frames < 1:
        raise ValueError(f"success_frames is {args.success_frames}, valid: 1 or more")
    rates = sorted({*RATES, ThresholdOptions(args.fpr).rate} - {0.0})
    place = args.out or _place(args.priors)
    prior = load_priors(args.priors, ThresholdOptions(rate=0.0)).success
    there = _there(place, prior) if args.check else None
    folder = args.check or args.videos or _rendered(args.arms)
    table = read_table(folder)
    scores = ask_success(prior, table, read_all_pictures(folder))
    if there is None:
        made = _made(prior, scores, table, args.success_frames, place)
        _tell(made, scores, table, rates, "on the calibration videos themselves", args.json)
        print(f"{prior.name} {prior.version}: written to {place}")
    else:
        told = f"of {place} on the {len(table.infos)} videos of {folder}"
        _tell(there, scores, table, rates, told, args.json)
    return 0


def _there(place: Path, prior: Any) -> Any:
    """The calibration of ``prior`` that was written before. Raises ValueError for another's."""
    from fmac_ros.trust.calibrated import CalibratedSuccess
    from fmac_ros.trust.calibration import Calibration, ThresholdOptions

    calibration = Calibration.load(place)
    CalibratedSuccess(prior, calibration, ThresholdOptions())
    return calibration


def _made(prior: Any, scores: Any, table: Any, success_frames: int, place: Path) -> Any:
    from fmac_ros.trust.measuring import make_calibration

    made = make_calibration(prior.name, prior.version, scores, table, success_frames)
    made.save(place)
    return made


def _tell(
    calibration: Any, scores: Any, table: Any, rates: list[float], told: str, json: Path | None
) -> None:
    """Print, and write where asked, what the thresholds give on these videos."""
    from fmac_ros.trust.measuring import describe

    rows = [
        {"fpr": rate, "per": per, **row}
        for rate, per, chosen in _choices(rates)
        for row in describe(calibration, scores, table, chosen)
    ]
    _show(rows, calibration.success_frames, told)
    if json:
        finite = [{k: _finite(v) for k, v in row.items()} for row in rows]
        result.write_json(json, {"rows": finite, "about": dict(calibration.about)})


def _rendered(arms: str | None) -> Path:
    """The held-out videos in the cache."""
    from fmac_ros.priors.pretrain.rendering import render_held_out
    from fmac_ros.priors.pretrain.settings import ARMS

    folder = cache_dir() / "calibration_videos"
    render_held_out(folder, options.names("arms", arms, ARMS), print)
    return folder


def _choices(rates: list[float]) -> list[tuple[float, str, Any]]:
    from fmac_ros.trust.calibration import UNITS, ThresholdOptions

    return [(rate, per, ThresholdOptions(rate, per)) for per in UNITS for rate in rates]


def _place(priors: str) -> Path:
    """Where an embedded success prior's calibration lies."""
    from fmac_ros.priors.registry import find_priors
    from fmac_ros.priors.spec import EMBEDDED, read_spec
    from fmac_ros.trust.calibration import FILE

    if read_spec(priors).success.backend != EMBEDDED:
        raise ValueError(
            f"--out is missing for {priors}, valid: a file, then named in the YAML file as the "
            "option 'calibration' of success"
        )
    return find_priors(priors) / "success" / FILE


def _show(rows: list[dict[str, Any]], frames: int, told: str) -> None:
    print(f"thresholds measured {told}; a claim is {frames} frames in a row\n")
    print(
        "   fpr  per      task          failure below  success from  recall  false frames  "
        "false claims  unsure"
    )
    for row in rows:
        print(
            f"{row['fpr']:6.3f}  {row['per']:7}  {row['task']:12}  "
            f"{row['failure_threshold']:13.4f}  {row['threshold']:12.4f}  "
            f"{_percent(row['recall']):>6}  {_percent(row['false_positive_rate']):>12}  "
            f"{_percent(row['false_claims_per_episode']):>12}  {_percent(row['unsure']):>6}"
        )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


def _finite(value: Any) -> Any:
    """JSON has no infinity: a threshold that nothing reaches is null."""
    return None if isinstance(value, float) and abs(value) == float("inf") else value
