"""Train the value prior on latents."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fmac_ros.priors.heads import LatentHead
from fmac_ros.priors.pretrain.heads import train_head
from fmac_ros.priors.pretrain.latent_videos import LatentVideos
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.training import Log, Loss

VALUE_HORIZON = 30  # frames; farther than this from the end, the value is 0
UNSOLVED_SHARE = 0.2  # of a batch


def train_value(videos: LatentVideos, settings: PretrainSettings, log: Log) -> LatentHead:
    """Train ``M_V`` and save it in half precision."""
    batch = settings.fits["value"].batch
    head = train_head("value", value_loss(videos, batch), videos, settings, log)
    head.half().save_pretrained(settings.weights / "value")
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
