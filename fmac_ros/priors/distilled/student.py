"""A small network that answers while a copy of it learns."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fmac_ros.priors.backends import Context
from fmac_ros.priors.distilled.memory import HALF, Memory
from fmac_ros.priors.distilled.options import RANDOM, DistilledOptions
from fmac_ros.priors.embedded import LatentScorer
from fmac_ros.priors.heads import LatentHead, LatentHeadConfig
from fmac_ros.priors.picture_head import is_picture_head
from fmac_ros.priors.spec import EMBEDDED

GRADIENT_NORM = 1.0
VALUE_WHEN_SOLVED = 0.97  # 95 % of the solved frames are above, for the shipped value prior
SMALL = {"width_fine": 32, "width_coarse": 64, "blocks": 1, "hidden_size": 64}


def first_head(kind: str, options: DistilledOptions, context: Context) -> LatentHead:
    """The head that a student starts with; its threshold is at 0.5."""
    if options.student == EMBEDDED:
        return with_threshold_at_half(_embedded_head(context.root / kind))
    text_size = len(context.text.encode("a task"))
    config = LatentHeadConfig(context.encoder.latent_shape, text_size, **SMALL)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        return LatentHead(config)


def _embedded_head(folder: Path) -> LatentHead:
    """The embedded head that looks at latents.

    Where success looks at pictures, value's takes its place: solved is where it is all but 1.

    Raises:
        ValueError: value looks at pictures too.
    """
    seen_as_solved = is_picture_head(folder)
    source = folder.parent / "value" if seen_as_solved else folder
    if is_picture_head(source):
        raise ValueError(
            f"student is {EMBEDDED}, but {source} looks at pictures, not latents, valid: {RANDOM}"
        )
    head: LatentHead = LatentHead.from_pretrained(source, dtype=torch.float32)
    if seen_as_solved:
        head.config.threshold = VALUE_WHEN_SOLVED
    return head


@torch.no_grad()
def with_threshold_at_half(head: LatentHead) -> LatentHead:
    """The same verdicts at a threshold of 0.5: the last bias moves by the old one's log-odds."""
    threshold = min(max(float(head.config.threshold), 1e-6), 1 - 1e-6)
    head.leave[-1].get_parameter("bias").sub_(math.log(threshold / (1 - threshold)))
    head.config.threshold = HALF
    return head


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

    def answers(self, latents: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 answers in 0..1 about (n, c, h, w) latents."""
        scorer = LatentScorer(self.head, self._context.encoder, self._context.text)
        return scorer.of_latents(latents, sentence)

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
