"""What training the value and the success prior have in common."""

from __future__ import annotations

import numpy as np
import torch

from fmac_ros.priors.heads import LatentHead, LatentHeadConfig
from fmac_ros.priors.pretrain.latent_videos import LatentVideos
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.starting import check_latent_space
from fmac_ros.priors.pretrain.training import Log, Loss, fit


def train_head(
    stage: str, loss: Loss, videos: LatentVideos, settings: PretrainSettings, log: Log
) -> LatentHead:
    """Train one head and leave it in single precision."""
    torch.manual_seed(settings.seed)
    head = _new_head(stage, videos, settings)
    fit(stage, head, loss, settings, log)
    return head


def _new_head(stage: str, videos: LatentVideos, settings: PretrainSettings) -> LatentHead:
    if settings.start_from is not None:
        check_latent_space(settings)
        head: LatentHead = LatentHead.from_pretrained(
            settings.start_from / stage, dtype=torch.float32
        )
        return head
    config = LatentHeadConfig(
        latent_shape=videos.latents.shape[1:], text_size=videos.sentences.embeddings.shape[1]
    )
    return LatentHead(config)


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
