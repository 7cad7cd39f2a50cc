"""One question about many pictures, answered by a vision-language model."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText

from fmac_ros.priors.base import check_finite, check_pictures
from fmac_ros.priors.hub.answers import answer_tokens, probability
from fmac_ros.priors.hub.cameras import views
from fmac_ros.priors.hub.errors import hub_errors
from fmac_ros.priors.hub.loading import version_of_model
from fmac_ros.priors.hub.pretrained import load_pretrained
from fmac_ros.priors.hub.processors import load_processor
from fmac_ros.priors.hub.prompts import TASK
from fmac_ros.priors.hub.vision_language_options import VisionLanguageOptions
from fmac_ros.priors.text import check_sentence


class Asker:
    """Asks about pictures and returns the probability of the positive answer.

    Raises:
        FileNotFoundError: the model or a file of it is missing.
        ValueError: it is damaged, no chat model, or cannot give the answers in one token.
    """

    def __init__(self, options: VisionLanguageOptions) -> None:
        self._options, self._prompt = options, options.asked()
        self._loaded = load_pretrained(AutoModelForImageTextToText, options)
        self._model = self._loaded.model
        with hub_errors(options.model):
            self._processor = load_processor(self._loaded.folder, self._model.config)
        self._tokenizer = self._processor.tokenizer
        self._tokenizer.padding_side = "left"  # the last token is the one before the answer
        if not (getattr(self._processor, "chat_template", None) or self._tokenizer.chat_template):
            raise ValueError(f"{options.model} has no chat template, valid: an instruct model")
        self._positive = answer_tokens(self._tokenizer, self._prompt.positive)
        self._negative = answer_tokens(self._tokenizer, self._prompt.negative)
        both = set(self._positive) & set(self._negative)
        if both:
            raise ValueError(f"positive and negative share the tokens {sorted(both)}")
        self.name, self.version = options.model, version_of_model(self._loaded.folder)

    def ask(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 probabilities of (n, h, w, 3) uint8 pictures, mean over views."""
        check_pictures(pictures)
        chat = self._chat(check_sentence(sentence))
        if not len(pictures):
            return np.zeros(0, np.float32)
        shown = views(pictures, self._options.camera)  # (n, k, h, w, 3)
        flat = shown.reshape(-1, *shown.shape[2:])
        size = self._options.batch
        answers = [
            self._answer(flat[start : start + size], chat) for start in range(0, len(flat), size)
        ]
        per_view = np.concatenate(answers).reshape(shown.shape[:2])
        return check_finite(per_view.mean(axis=1, dtype=np.float32), self.name)

    def _chat(self, sentence: str) -> str:
        """The prompt about one picture as the model's chat template writes it."""
        control = [token for token in self._control_tokens() if token in sentence]
        if control:
            raise ValueError(
                f"the task sentence holds {control[0]!r}, a control token of the model"
            )
        text = self._prompt.text.replace(TASK, sentence)
        content = [{"type": "image"}, {"type": "text", "text": text}]
        return self._processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True
        )

    def _control_tokens(self) -> list[str]:
        added = self._tokenizer.added_tokens_decoder.values()
        return [str(token) for token in added if token.special]

    @torch.inference_mode()
    def _answer(self, pictures: np.ndarray, chat: str) -> np.ndarray:
        """(n,) probabilities of the positive answer about (n, h, w, 3) pictures."""
        images = [[Image.fromarray(picture)] for picture in pictures]
        features = self._processor(
            text=[chat] * len(images), images=images, padding=True, return_tensors="pt"
        )
        with self._loaded.lock:
            answer = self._model(**self._loaded.inputs(features), **self._last_only())
        logits = answer.logits[:, -1]
        options = self._options
        return (
            probability(logits, self._positive, self._negative, options.over, options.temperature)
            .cpu()
            .numpy()
        )

    def _last_only(self) -> dict[str, Any]:
        """Asks for the last token's logits alone: those of a whole prompt take gigabytes."""
        known = "logits_to_keep" in inspect.signature(self._model.forward).parameters
        return {"logits_to_keep": 1} if known else {}
