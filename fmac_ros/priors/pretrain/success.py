"""Train the success prior on pictures."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fmac_ros.devices import device_of
from fmac_ros.priors.embedded import EmbeddedSuccess
from fmac_ros.priors.picture_head import PictureHead
from fmac_ros.priors.pretrain.heads import new_head, score_all
from fmac_ros.priors.pretrain.metrics import threshold_at
from fmac_ros.priors.pretrain.picture_videos import PictureVideos
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.training import Log, Loss, fit
from fmac_ros.priors.pretrain.videos import SOLVING_KINDS, VideoTable
from fmac_ros.priors.weights import version_of
from fmac_ros.trust.calibration import FILE
from fmac_ros.trust.measuring import make_calibration

NAME = EmbeddedSuccess.name
FALSE_POSITIVE_RATE = 0.01
NEAR_END = 5  # frames


def train_success(
    videos: PictureVideos, validation: PictureVideos, settings: PretrainSettings, log: Log
) -> PictureHead:
    """Train ``M_R``, set its threshold on held-out negatives, save it in half precision.

    Beside it goes its calibration, for thresholds chosen later (``trust.calibration``).
    """
    torch.manual_seed(settings.seed)
    head = new_head("success", videos, settings)
    videos.pictures.hold(settings.device)
    fit("success", head, success_loss(videos, settings.batch("success")), settings, log)
    head.config.threshold = choose_threshold(head, validation)
    log(f"success: threshold {head.config.threshold:.4f}")
    folder = settings.weights / "success"
    head.half().save_pretrained(folder)
    head = head.float()
    scores = score_all(head, validation)
    version = version_of(folder)
    make_calibration(NAME, version, scores, validation.table).save(folder / FILE)
    return head


def success_groups(table: VideoTable) -> list[tuple[np.ndarray, float]]:
    """Rows and batch share of the solved frames and of each sort of hard negative."""
    solving = np.isin(table.kind, SOLVING_KINDS)
    before = solving & ~table.solved
    close = before & (table.steps_to_end >= 0) & (table.steps_to_end <= NEAR_END)
    groups = [(table.solved, 0.35), (close, 0.15), (before & ~close, 0.10)]
    for kind, share in (("near_miss", 0.15), ("wrong_object", 0.08), ("random", 0.07)):
        groups.append(((table.kind == kind) & ~table.solved, share))
    return [(np.flatnonzero(mask), share) for mask, share in groups if mask.any()]


def success_loss(videos: PictureVideos, batch: int) -> Loss:
    """Cross entropy on solved frames and hard negatives.

    A tenth of the batch are solved frames asked about another thing in the scene: solved for
    the red button is not solved for the blue one.
    """
    table = videos.table
    groups = success_groups(table)
    shares = np.array([share for _, share in groups])
    exchangeable = np.flatnonzero(table.solved & videos.sentences.has_other(table.video))
    n_exchanged = round(0.1 * batch) if len(exchangeable) else 0

    def loss(model: nn.Module, rng: np.random.Generator) -> torch.Tensor:
        counts = rng.multinomial(batch - n_exchanged, shares / shares.sum())
        own = [rng.choice(rows, n) for (rows, _), n in zip(groups, counts, strict=True)]
        exchanged = rng.choice(exchangeable, n_exchanged) if n_exchanged else own[0][:0]
        rows = np.concatenate([*own, exchanged])
        embeddings = videos.sentences.of(table.video[rows])
        if n_exchanged:
            embeddings[-n_exchanged:] = videos.sentences.other(table.video[exchanged], rng)
        target = table.solved[rows].astype(np.float32)
        target[len(rows) - n_exchanged :] = 0.0
        device = device_of(model)
        logits = model(videos.draw(rows, device), torch.from_numpy(embeddings).to(device)).float()
        return functional.binary_cross_entropy_with_logits(
            logits, torch.from_numpy(target).to(device)
        )

    return loss


def choose_threshold(head: nn.Module, validation: PictureVideos) -> float:
    """The threshold that one in a hundred held-out unsolved frames passes."""
    scores = score_all(head, validation)
    return threshold_at(scores[~validation.table.solved], FALSE_POSITIVE_RATE)
