"""Held-out metrics as JSON, and a model card beside each prior's weights."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fmac_ros.priors.pretrain.cards import card
from fmac_ros.priors.pretrain.devices import name_of
from fmac_ros.priors.pretrain.evaluate import (
    evaluate_encoder,
    evaluate_success,
    evaluate_value,
    evaluate_video,
)
from fmac_ros.priors.pretrain.latent_videos import LatentVideos
from fmac_ros.priors.pretrain.picture_videos import PictureVideos
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.training import Log, checkpoint_of
from fmac_ros.priors.pretrain.videos import VideoTable, read_table
from fmac_ros.priors.registry import PARTS, Priors, load_priors
from fmac_ros.trust.calibration import ThresholdOptions

STAGE_OF = {"encoder": "autoencoder", "value": "value", "success": "success", "video": "video"}


def write_report(
    latents: LatentVideos, pictures: PictureVideos, settings: PretrainSettings, log: Log
) -> None:
    """Measure the saved weights and write ``metrics.json``, ``settings.json`` and README.md.

    Args:
        latents, pictures: the held-out videos.
    """
    metrics = _without_nan(evaluate(_own_priors(settings), latents, pictures, settings))
    for part in PARTS:
        folder = settings.weights / part
        facts = describe(part, settings)
        write_json(folder / "metrics.json", metrics[part])
        write_json(folder / "settings.json", facts)
        (folder / "README.md").write_text(card(part, metrics[part], facts))
        log(f"report: {part} {json.dumps(metrics[part])}")


def _own_priors(settings: PretrainSettings) -> Priors:
    """The saved weights; the success head with the threshold that it was given in training."""
    return load_priors(settings.weights, ThresholdOptions(rate=0.0))


def evaluate(
    priors: Priors, latents: LatentVideos, pictures: PictureVideos, settings: PretrainSettings
) -> dict[str, dict[str, Any]]:
    """All held-out numbers, by part."""
    seed = settings.seed
    value, success, video = priors.value, priors.success, priors.video
    return {
        "encoder": evaluate_encoder(priors.encoder, settings.validation, seed),
        "value": evaluate_value(value.scorer.head, pictures),  # type: ignore[attr-defined]
        "success": evaluate_success(success.scorer.head, pictures, seed),  # type: ignore[attr-defined]
        "video": evaluate_video(video.pipeline, latents, seed),  # type: ignore[attr-defined]
    }


def describe(part: str, settings: PretrainSettings) -> dict[str, Any]:
    """What decided a part's weights, and the videos that its metrics are of.

    A part that this run did not train keeps the description it has.
    """
    checkpoint = checkpoint_of(STAGE_OF[part], settings)
    own = settings.weights / part / "settings.json"
    facts = _trained(part, settings) if checkpoint.path.exists() else read_json(own)
    return {**facts, "validation": describe_videos(read_table(settings.validation))}


def _trained(part: str, settings: PretrainSettings) -> dict[str, Any]:
    facts = {
        "command": "fmac pretrain",
        "seed": settings.seed,
        "bfloat16": settings.bfloat16,
        "device": name_of(settings.device),
        "fit": describe_fit(STAGE_OF[part], settings),
        "videos": describe_videos(read_table(settings.videos)),
    }
    if settings.start_from is not None:
        facts["keep"] = settings.keep
        facts["started_from"] = read_json(settings.start_from / part / "settings.json")
    return facts


def describe_fit(stage: str, settings: PretrainSettings) -> dict[str, Any]:
    """How one network was to be trained, and how long it was in fact."""
    done = checkpoint_of(stage, settings).facts()
    took = {
        "steps": done["steps"],
        "steps_done": done["step"],
        "train_seconds": round(done["seconds"]),
        "minutes": done.get("minutes"),  # the limit; each stage may have had its own
    }
    own = {"batch": settings.batch(stage), "learning_rate": settings.learning_rate(stage)}
    return {**asdict(settings.fits[stage]), **own, **took}


def describe_videos(table: VideoTable) -> dict[str, Any]:
    """What a data set holds."""
    infos = table.infos
    return {
        "frames": len(table),
        "videos": len(infos),
        "arms": sorted({info.arm for info in infos}),
        "tasks": sorted({info.task for info in infos}),
        "kinds": {kind: sum(i.kind == kind for i in infos) for kind in {i.kind for i in infos}},
        "first_seed": min(info.seed for info in infos),
    }


def read_json(path: Path) -> dict[str, Any]:
    """The content of a JSON file, nothing where there is none."""
    content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write indented JSON."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def _without_nan(content: Any) -> Any:
    """The same numbers rounded, an undefined one as None: JSON has no NaN."""
    if isinstance(content, dict):
        return {key: _without_nan(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_without_nan(value) for value in content]
    if isinstance(content, float):
        return round(content, 5) if math.isfinite(content) else None
    return content
