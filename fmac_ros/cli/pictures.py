"""Draws the pictures at the end of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fmac_ros.priors.spec import algorithm_label
from fmac_ros.report.history import History
from fmac_ros.run_dir import RunDir
from fmac_ros.settings import Parameters


def draw_pictures(
    run_dir: RunDir, history: History, evaluation: Mapping[str, Any], settings: Parameters
) -> None:
    """Draw the learning curve and imagined against executed frames, and say where they are."""
    # matplotlib and torch take seconds to import: fmac --help does not wait for them.
    from fmac_ros.priors.registry import load_encoder
    from fmac_ros.report import curve, frames

    label = algorithm_label(settings["algorithm"], settings["priors"])
    title = f"{settings['robot']}: {settings['task']} ({label}, seed {settings['seed']})"
    curve.draw(history, evaluation, title, run_dir.learning_curve)
    print(f"learning curve      {run_dir.learning_curve}")
    if history.shown is not None:
        encoder = load_encoder(settings["priors"])
        frames.draw(history.shown, encoder, settings["look_ahead"], run_dir.frames)
        print(f"imagined, executed  {run_dir.frames}")
