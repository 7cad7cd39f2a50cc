"""The three embedded priors behind the protocols of ``base``: numpy in, numpy out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fmac_ros.priors.backends import Context, Options, parse_options, register
from fmac_ros.priors.base import LatentSpace, Progress, TextEncoder, check_finite, fit_pictures
from fmac_ros.priors.encoder import to_tensor
from fmac_ros.priors.picture_head import PictureHead, load_picture_head
from fmac_ros.priors.spec import EMBEDDED
from fmac_ros.priors.video import VideoPipeline
from fmac_ros.priors.weights import DIFFUSERS_LOADING, version_of

BATCH = 64


@register("value", EMBEDDED)
def make_value(options: Options, context: Context) -> EmbeddedValue:
    """M_V of the context's directory."""
    parse_options(NoOptions, options)
    return EmbeddedValue(_scorer("value", context), version_of(context.root / "value"))


@register("success", EMBEDDED)
def make_success(options: Options, context: Context) -> EmbeddedSuccess:
    """M_R of the context's directory."""
    parse_options(NoOptions, options)
    return EmbeddedSuccess(_scorer("success", context), version_of(context.root / "success"))


@register("video", EMBEDDED)
def make_video(options: Options, context: Context) -> EmbeddedVideo:
    """M_tau of the context's directory."""
    parse_options(NoOptions, options)
    folder = context.root / "video"
    pipeline = VideoPipeline.from_pretrained(folder, **DIFFUSERS_LOADING)
    pipeline.denoiser.to(context.device)
    return EmbeddedVideo(pipeline, context.encoder, context.text, version_of(folder))


def _scorer(part: str, context: Context) -> PictureScorer:
    return PictureScorer(load_picture_head(context.root / part).to(context.device), context.text)


@dataclass(frozen=True)
class NoOptions:
    """The directory says it all."""


class PictureScorer:
    """A head over pictures, squashed to 0..1 and run in batches."""

    def __init__(self, head: PictureHead, text: TextEncoder) -> None:
        self.head = head.eval().to(memory_format=torch.channels_last)
        self.text = text
        height, width = head.config.picture_size
        self.picture_size = (int(height), int(width))

    @torch.inference_mode()
    def of_pictures(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 for (n, h, w, 3) uint8 pictures."""
        pictures = fit_pictures(pictures, self.picture_size)
        device = self.head.device
        embedding = torch.from_numpy(self.text.encode(sentence)).to(device)
        out = np.empty(len(pictures), dtype=np.float32)
        for start in range(0, len(pictures), BATCH):
            batch = to_tensor(pictures[start : start + BATCH], device)
            logits = self.head(batch, embedding.expand(len(batch), -1))
            out[start : start + BATCH] = torch.sigmoid(logits).cpu().numpy()
        return check_finite(out, type(self.head).__name__)


class EmbeddedValue:
    """``M_V`` over the picture (``base.ValuePrior``)."""

    name = "fmac-value"
    conditioning = ("text",)

    def __init__(self, scorer: PictureScorer, version: str = "untrained") -> None:
        self.scorer, self.version = scorer, version
        self.picture_size = scorer.picture_size

    def values(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 values in 0..1."""
        return self.scorer.of_pictures(pictures, sentence)


class EmbeddedSuccess:
    """``M_R`` over the picture (``base.SuccessPrior``)."""

    name = "fmac-success"
    conditioning = ("text",)

    def __init__(self, scorer: PictureScorer, version: str = "untrained") -> None:
        self.scorer, self.version = scorer, version
        self.picture_size = scorer.picture_size
        self.threshold = float(scorer.head.config.threshold)

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 probabilities; success where at or above ``threshold``."""
        return self.scorer.of_pictures(pictures, sentence)


class EmbeddedVideo:
    """``M_tau`` by few-step diffusion in the shared latents (``base.VideoPrior``)."""

    name = "fmac-video"
    conditioning = ("text",)

    def __init__(
        self,
        pipeline: VideoPipeline,
        encoder: LatentSpace,
        text: TextEncoder,
        version: str = "untrained",
    ) -> None:
        pipeline.denoiser.eval().to(memory_format=torch.channels_last)
        self.pipeline, self.encoder, self.text = pipeline, encoder, text
        self.version = version
        self.picture_size = encoder.picture_size
        self.frames = int(pipeline.denoiser.config.frames)

    def imagine(
        self,
        pictures: np.ndarray,
        sentence: str,
        frame_indices: Sequence[int],
        seed: int,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Return (n, k, c, h, w) float16 latents of the asked future frames 1..N."""
        rows = self._rows(frame_indices)
        device = self.pipeline.denoiser.device
        encoded = self.encoder.encode(pictures).astype(np.float32)
        latents = torch.from_numpy(encoded).to(device)
        embedding = torch.from_numpy(self.text.encode(sentence)).to(device)
        video = self.pipeline(latents, embedding.expand(len(latents), -1), seed, progress)
        return check_finite(video[:, rows].cpu().numpy().astype(np.float16), self.name)

    def _rows(self, frame_indices: Sequence[int]) -> list[int]:
        bad = [index for index in frame_indices if not 1 <= index <= self.frames]
        if bad or not frame_indices:
            raise ValueError(
                f"frame indices are {list(frame_indices)}, valid: some of 1..{self.frames}"
            )
        return [int(index) - 1 for index in frame_indices]
