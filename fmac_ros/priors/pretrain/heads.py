"""What training the value and the success prior have in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from fmac_ros.devices import device_of
from fmac_ros.priors.picture_head import PictureHead, PictureHeadConfig, load_picture_head
from fmac_ros.priors.pretrain.picture_videos import PictureVideos
from fmac_ros.priors.pretrain.settings import PretrainSettings


def new_head(part: str, videos: PictureVideos, settings: PretrainSettings) -> PictureHead:
    """The head of ``start_from``, or a new one.

    Args:
        part: ``value`` or ``success``.

    Raises:
        ValueError: the head of ``start_from`` looks at pictures of another size.
    """
    start = settings.start_from
    if start is not None:
        head = load_picture_head(start / part)
        _check_size(head, videos, start / part)
        return head
    text_size = videos.sentences.embeddings.shape[1]
    return PictureHead(PictureHeadConfig(picture_size=videos.picture_size, text_size=text_size))


def _check_size(head: PictureHead, videos: PictureVideos, folder: Path) -> None:
    """Weights for pictures of one size say nothing about those of another."""
    theirs, ours = tuple(head.config.picture_size), videos.picture_size
    if theirs != ours:
        raise ValueError(
            f"the videos' pictures are {ours[0]}x{ours[1]} (--picture-size), {folder} looks at "
            f"{theirs[0]}x{theirs[1]}, valid: one size for both, or random weights"
        )


def score_all(head: nn.Module, videos: PictureVideos) -> np.ndarray:
    """(N,) float32 answers of a head on every frame, for each video's own sentence."""
    return score(head, videos, np.arange(len(videos.table)))


@torch.inference_mode()
def score(
    head: nn.Module, videos: PictureVideos, rows: np.ndarray, embeddings: np.ndarray | None = None
) -> np.ndarray:
    """(n,) float32 answers for rows, asked with other sentence embeddings (n, d) where given."""
    head.eval()
    if embeddings is None:
        embeddings = videos.sentences.of(videos.table.video[rows])
    device = device_of(head)
    texts = torch.from_numpy(embeddings).to(device)
    parts = [
        torch.sigmoid(head(videos.clean(rows[part], device), texts[part])).cpu()
        for part in np.array_split(np.arange(len(rows)), max(1, -(-len(rows) // 256)))
    ]
    return torch.cat(parts).numpy()
