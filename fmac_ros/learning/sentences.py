"""The sentences that one run of several tasks learns, and what a text encoder makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Embed = Callable[[str], np.ndarray]  # a sentence to its (d,) float32 embedding


@dataclass(frozen=True)
class Sentences:
    """The wordings of each task of a run.

    Attributes:
        tasks: for each task, the wordings that training draws from.
        embeddings: (n, d) float32, one for each wording, in the order of ``texts``.
    """

    tasks: tuple[tuple[str, ...], ...]
    embeddings: np.ndarray

    def __post_init__(self) -> None:
        count = len(self.texts)
        if len(set(self.texts)) < count or not all(self.tasks):
            raise ValueError(
                f"sentences are {self.tasks}, valid: one or more a task, all different"
            )
        if self.embeddings.ndim != 2 or len(self.embeddings) != count:
            raise ValueError(
                f"embeddings have shape {self.embeddings.shape}, valid for {count} sentences: "
                f"({count}, d)"
            )
        if not np.isfinite(self.embeddings).all():
            raise ValueError("embeddings of sentences are not finite, valid: finite numbers only")

    @classmethod
    def embedded(cls, tasks: Sequence[Sequence[str]], embed: Embed) -> Sentences:
        """The sentences of some tasks, with the embeddings that ``embed`` gives."""
        rows = [embed(text) for wordings in tasks for text in wordings]
        return cls(tuple(map(tuple, tasks)), np.stack(rows).astype(np.float32))

    @property
    def texts(self) -> tuple[str, ...]:
        """All wordings of all tasks; a sentence's index is its place here."""
        return tuple(text for wordings in self.tasks for text in wordings)

    def index(self, sentence: str) -> int:
        """Place of a sentence that is trained on. Raises ValueError for another one."""
        if sentence not in self.texts:
            raise ValueError(f"{sentence!r} is not trained on, valid: {', '.join(self.texts)}")
        return self.texts.index(sentence)

    def embedding(self, sentence: str, embed: Embed) -> np.ndarray:
        """(d,) of any sentence; ``embed`` is asked about those alone that are not trained on."""
        if sentence in self.texts:
            return self.embeddings[self.index(sentence)]
        return embed(sentence)

    def turn(self, episode: int, drawn: int) -> str:
        """What an episode is asked for: tasks take turns, a number ``drawn`` picks the wording."""
        wordings = self.tasks[episode % len(self.tasks)]
        return wordings[drawn % len(wordings)]
