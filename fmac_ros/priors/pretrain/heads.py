"""Train the value and the success prior on latents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fmac_ros.priors.heads import LatentHead, LatentHeadConfig
from fmac_ros.priors.pretrain.metrics import threshold_at
from fmac_ros.priors.pretrain.sentences import Sentences
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.training import Log, Loss, fit
from fmac_ros.priors.pretrain.videos import SOLVING_KINDS, VideoTable

VALUE_HORIZON = 30  # frames; farther than this from the end, the value is 0
LATENT_NOISE = 0.15  # largest spread of the noise on latents [latent units]
FALSE_POSITIVE_RATE = 0.01
NEAR_END = 5  # frames
UNSOLVED_SHARE = 0.2  # of a value batch


@dataclass(frozen=True)
class LatentVideos:
    """A data set as latents (N, c, h, w) float16, in the rows of its table."""

    table: VideoTable
    latents: np.ndarray
    sentences: Sentences

    def draw(self, rows: np.ndarray) -> torch.Tensor:
        """(n, c, h, w) float32 latents of the rows, with noise."""
        latents = torch.from_numpy(self.latents[rows].astype(np.float32))
        spread = LATENT_NOISE * torch.rand(len(rows), 1, 1, 1)
        return latents + spread * torch.randn_like(latents)


def train_head(
    stage: str, loss: Loss, videos: LatentVideos, settings: PretrainSettings, log: Log
) -> LatentHead:
    """Train one head and leave it in single precision."""
    torch.manual_seed(settings.seed)
    config = LatentHeadConfig(
        latent_shape=videos.latents.shape[1:], text_size=videos.sentences.embeddings.shape[1]
    )
    head = LatentHead(config)
    fit(stage, head, loss, settings, log)
    return head


def train_value(videos: LatentVideos, settings: PretrainSettings, log: Log) -> LatentHead:
    """Train ``M_V`` and save it in half precision."""
    batch = settings.fits["value"].batch
    head = train_head("value", value_loss(videos, batch), videos, settings, log)
    head.half().save_pretrained(settings.weights / "value")
    return head.float()


def train_success(
    videos: LatentVideos, validation: LatentVideos, settings: PretrainSettings, log: Log
) -> LatentHead:
    """Train ``M_R``, set its threshold on held-out negatives, save it in half precision."""
    batch = settings.fits["success"].batch
    head = train_head("success", success_loss(videos, batch), videos, settings, log)
    head.config.threshold = choose_threshold(head, validation)
    log(f"success: threshold {head.config.threshold:.4f}")
    head.half().save_pretrained(settings.weights / "success")
    return head.float()


def value_targets(steps_to_end: np.ndarray) -> np.ndarray:
    """``1 - min(steps left, H) / H`` for (n,) frames of solved videos."""
    return (1 - np.minimum(steps_to_end, VALUE_HORIZON) / VALUE_HORIZON).astype(np.float32)


def value_loss(videos: LatentVideos, batch: int) -> Loss:
    """Cross entropy with the soft target; unsolved frames only have an upper bound.

    A frame of a video that never solves the task has no known distance to the end, but at
    least one step is left, so values above ``1 - 1/H`` are punished there.
    """
    table = videos.table
    solving = np.flatnonzero(table.steps_to_end >= 0)
    unsolved = np.flatnonzero(table.steps_to_end < 0)
    if not len(solving):
        raise ValueError("no video of the data set solves its task, so there is no value to learn")
    n_unsolved = round(UNSOLVED_SHARE * batch) if len(unsolved) else 0
    bound = 1 - 1 / VALUE_HORIZON

    def loss(model: nn.Module, rng: np.random.Generator) -> torch.Tensor:
        rows = np.concatenate(
            [rng.choice(solving, batch - n_unsolved), rng.choice(unsolved, n_unsolved)]
        )
        embeddings = torch.from_numpy(videos.sentences.of(table.video[rows]))
        logits = model(videos.draw(rows), embeddings).float()
        known = batch - n_unsolved
        target = torch.from_numpy(value_targets(table.steps_to_end[rows[:known]]))
        fitted = functional.binary_cross_entropy_with_logits(logits[:known], target)
        excess = functional.relu(torch.sigmoid(logits[known:]) - bound)
        return fitted + excess.square().sum() / batch

    return loss


def success_groups(table: VideoTable) -> list[tuple[np.ndarray, float]]:
    """Rows and batch share of the solved frames and of each sort of hard negative."""
    solving = np.isin(table.kind, SOLVING_KINDS)
    before = solving & ~table.solved
    close = before & (table.steps_to_end >= 0) & (table.steps_to_end <= NEAR_END)
    groups = [(table.solved, 0.35), (close, 0.15), (before & ~close, 0.10)]
    for kind, share in (("near_miss", 0.15), ("wrong_object", 0.08), ("random", 0.07)):
        groups.append(((table.kind == kind) & ~table.solved, share))
    return [(np.flatnonzero(mask), share) for mask, share in groups if mask.any()]


def success_loss(videos: LatentVideos, batch: int) -> Loss:
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
        logits = model(videos.draw(rows), torch.from_numpy(embeddings)).float()
        return functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(target))

    return loss


def score_all(head: LatentHead, videos: LatentVideos) -> np.ndarray:
    """(N,) float32 answers of a head on every frame, for each video's own sentence."""
    return score(head, videos.latents, videos.sentences.of(videos.table.video))


@torch.inference_mode()
def score(head: LatentHead, latents: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """(n,) float32 answers for latents (n, c, h, w) and sentence embeddings (n, d)."""
    head.eval()
    parts = [
        torch.sigmoid(head(torch.from_numpy(z.astype(np.float32)), torch.from_numpy(text)))
        for z, text in (
            (latents[start : start + 256], embeddings[start : start + 256])
            for start in range(0, len(latents), 256)
        )
    ]
    return torch.cat(parts).numpy()


def choose_threshold(head: LatentHead, validation: LatentVideos) -> float:
    """The threshold that one in a hundred held-out unsolved frames passes."""
    scores = score_all(head, validation)
    return threshold_at(scores[~validation.table.solved], FALSE_POSITIVE_RATE)
