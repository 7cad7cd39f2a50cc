"""A small network that answers while a copy of it learns."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fmac_ros.priors.backends import Context
from fmac_ros.priors.base import check_finite
from fmac_ros.priors.distilled.latent_head import LatentHead, LatentHeadConfig
from fmac_ros.priors.distilled.memory import Memory
from fmac_ros.priors.distilled.options import DistilledOptions

GRADIENT_NORM = 1.0


def first_head(context: Context, seed: int) -> LatentHead:
    """The head that a student starts with: random weights for the context's latents."""
    text_size = len(context.text.encode("a task"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LatentHead(LatentHeadConfig(context.encoder.latent_shape, text_size))


class Student:
    """Answers from any thread; learns in one.

    The network that answers is never written to: it is replaced by a copy of the one that
    learned (``publish``), so no thread waits for another.

    Args:
        head: what it starts with.
        context: its sentence embeddings are asked about known sentences only while learning.
    """

    def __init__(self, head: LatentHead, context: Context, options: DistilledOptions) -> None:
        self._context, self._options = context, options
        self._rng = np.random.default_rng(options.seed)
        self.updates = 0
        self._start(head)

    def _start(self, head: LatentHead) -> None:
        # Not in training mode: dropout would draw from the random state of the whole process.
        self._learner = head.eval()
        rate = self._options.learning_rate
        self._optimizer = torch.optim.AdamW(head.parameters(), rate, fused=True)
        self.publish()

    def publish(self) -> None:
        """Answer with what was learned so far."""
        self.head: LatentHead = copy.deepcopy(self._learner).requires_grad_(False)

    @torch.inference_mode()
    def answers(self, latents: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 answers in 0..1 about (n, c, h, w) latents."""
        embedding = torch.from_numpy(self._context.text.encode(sentence))
        shown = torch.from_numpy(latents.astype(np.float32))
        logits = self.head(shown, embedding.expand(len(shown), -1))
        return check_finite(torch.sigmoid(logits).numpy(), type(self).__name__)

    def learn(self, memory: Memory) -> None:
        """One gradient step of cross entropy with the teacher's answers as soft targets.

        Args:
            memory: where the mini-batch is drawn from, not empty.

        Raises:
            FloatingPointError: the loss is not finite; the student is as last published.
        """
        batch = memory.sample(self._rng, self._options.batch)
        latents = torch.from_numpy(np.stack([x.latent for x in batch]).astype(np.float32))
        texts = torch.from_numpy(np.stack([self._context.text.encode(x.sentence) for x in batch]))
        targets = torch.tensor([x.answer for x in batch])
        logits = self._learner(latents, texts)
        loss = functional.binary_cross_entropy_with_logits(logits, targets)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self._learner.parameters(), GRADIENT_NORM)
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            self._start(copy.deepcopy(self.head).requires_grad_(True))
            raise FloatingPointError(f"the student's loss is {loss.item()}")
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self.updates += 1
