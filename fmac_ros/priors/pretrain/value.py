"""Train the value prior on pictures."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fmac_ros.devices import device_of
from fmac_ros.priors.picture_head import PictureHead
from fmac_ros.priors.pretrain.heads import new_head
from fmac_ros.priors.pretrain.picture_videos import PictureVideos
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.training import Log, Loss, fit

VALUE_HORIZON = 30  # frames; farther than this from the end, the value is 0
UNSOLVED_SHARE = 0.2  # of a batch
EXCHANGED_SHARE = 0.1  # of a batch
EXCHANGED_STEPS = 4  # frames; things stand 13 cm apart or more, and nobody does that in fewer


def train_value(videos: PictureVideos, settings: PretrainSettings, log: Log) -> PictureHead:
    """Train ``M_V`` and save it in half precision."""
    batch = settings.batch("value")
    torch.manual_seed(settings.seed)
    head = new_head("value", videos, settings)
    videos.pictures.hold(settings.device)
    fit("value", head, value_loss(videos, batch), settings, log)
    head.half().save_pretrained(settings.weights / "value")
    return head.float()


def value_targets(steps_to_end: np.ndarray) -> np.ndarray:
    """``1 - min(steps left, H) / H`` for (n,) frames of solved videos."""
    return (1 - np.minimum(steps_to_end, VALUE_HORIZON) / VALUE_HORIZON).astype(np.float32)


def value_loss(videos: PictureVideos, batch: int) -> Loss:
    """Cross entropy with the soft target; unsolved frames only have an upper bound.

    A frame of a video that never solves the task has no known distance to the end, but at
    least one step is left, so values above ``1 - 1/H`` are punished there. A solved frame asked
    about another thing in the scene is several steps from that thing's end: without this the
    value of the wrong button rises like that of the right one.
    """
    table = videos.table
    solving = np.flatnonzero(table.steps_to_end >= 0)
    unsolved = np.flatnonzero(table.steps_to_end < 0)
    if not len(solving):
        raise ValueError("no video of the data set solves its task, so there is no value to learn")
    exchangeable = np.flatnonzero(table.solved & videos.sentences.has_other(table.video))
    n_unsolved = round(UNSOLVED_SHARE * batch) if len(unsolved) else 0
    n_exchanged = round(EXCHANGED_SHARE * batch) if len(exchangeable) else 0
    known = batch - n_unsolved - n_exchanged
    steps_left = torch.tensor([1.0] * n_unsolved + [EXCHANGED_STEPS] * n_exchanged)
    bounds = 1 - steps_left / VALUE_HORIZON

    def loss(model: nn.Module, rng: np.random.Generator) -> torch.Tensor:
        own = np.concatenate([rng.choice(solving, known), rng.choice(unsolved, n_unsolved)])
        exchanged = rng.choice(exchangeable, n_exchanged)
        rows = np.concatenate([own, exchanged]).astype(np.int64)
        others = videos.sentences.other(table.video[exchanged.astype(np.int64)], rng)
        embeddings = np.concatenate([videos.sentences.of(table.video[rows[: len(own)]]), others])
        device = device_of(model)
        logits = model(videos.draw(rows, device), torch.from_numpy(embeddings).to(device)).float()
        target = torch.from_numpy(value_targets(table.steps_to_end[rows[:known]])).to(device)
        fitted = functional.binary_cross_entropy_with_logits(logits[:known], target)
        excess = functional.relu(torch.sigmoid(logits[known:]) - bounds.to(device))
        return fitted + excess.square().sum() / batch

    return loss
