"""Pictures and sentences as unit vectors of one space, by a CLIP- or SigLIP-like model."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from fmac_ros.priors.base import check_finite
from fmac_ros.priors.hub.cameras import pad_square
from fmac_ros.priors.hub.errors import hub_errors
from fmac_ros.priors.hub.loading import HubOptions
from fmac_ros.priors.hub.pretrained import SAFE, load_pretrained

LOADING = {key: SAFE[key] for key in ("trust_remote_code", "local_files_only")}


class Embedder:
    """A contrastive model with its image processor and tokenizer.

    Args:
        options: which model, where and how.
        batch: pictures embedded at once.

    Raises:
        FileNotFoundError: the model or a file of it is missing.
        ValueError: it is damaged, or does not embed both pictures and sentences.
    """

    def __init__(self, options: HubOptions, batch: int) -> None:
        self._loaded, self._batch = load_pretrained(AutoModel, options), batch
        self.folder, self._model = self._loaded.folder, self._loaded.model
        if not all(hasattr(self._model, f"get_{part}_features") for part in ("image", "text")):
            raise ValueError(
                f"{options.model} is a {type(self._model).__name__}, valid: a model that embeds"
                " pictures and sentences, such as CLIP or SigLIP"
            )
        with hub_errors(options.model):
            self._processor = AutoImageProcessor.from_pretrained(self.folder, **LOADING)
            self._tokenizer = AutoTokenizer.from_pretrained(self.folder, **LOADING)
        self._texts: dict[str, np.ndarray] = {}

    @property
    def scale(self) -> float:
        """Inverse temperature of cosines that the model was trained with."""
        learned = getattr(self._model, "logit_scale", None)
        return 100.0 if learned is None else float(learned.detach().float().exp())

    def pictures(self, pictures: np.ndarray) -> np.ndarray:
        """Return (n, d) float32 unit vectors of (n, h, w, 3) uint8 pictures."""
        squares = pad_square(pictures)
        parts = [
            self._embed(squares[start : start + self._batch])
            for start in range(0, len(squares), self._batch)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)

    def text(self, text: str) -> np.ndarray:
        """Return the (d,) float32 unit vector of a text; ValueError if it is too long."""
        if text not in self._texts:
            self._texts[text] = self._embed_text(text)
        return self._texts[text]

    @torch.inference_mode()
    def _embed(self, pictures: np.ndarray) -> np.ndarray:
        images = [Image.fromarray(picture) for picture in pictures]
        features = self._processor(images=images, return_tensors="pt")
        with self._loaded.lock:
            return _unit(self._model.get_image_features(**self._loaded.inputs(features)))

    @torch.inference_mode()
    def _embed_text(self, text: str) -> np.ndarray:
        limit = self._text_limit()
        used = len(self._tokenizer(text)["input_ids"])
        if used > limit:
            raise ValueError(f"text has {used} tokens, valid: up to {limit}: {text!r}")
        # Full length, as SigLIP was trained; the other families do not look at the padding.
        tokens = self._tokenizer(
            [text], padding="max_length", max_length=limit, return_tensors="pt"
        ).to(self._model.device)
        with self._loaded.lock:
            return _unit(self._model.get_text_features(**tokens))[0]

    def _text_limit(self) -> int:
        """Longest text [tokens]; a tokenizer alone may not know."""
        config: Any = getattr(self._model.config, "text_config", self._model.config)
        positions = getattr(config, "max_position_embeddings", 64)
        return int(min(positions, self._tokenizer.model_max_length))


def _unit(answer: Any) -> np.ndarray:
    """(n, d) unit vectors of what a model returned: a tensor, or an object that holds one."""
    vectors = getattr(answer, "pooler_output", answer).float()
    unit = torch.nn.functional.normalize(vectors, dim=-1).cpu().numpy()
    return check_finite(unit, "the contrastive model")
