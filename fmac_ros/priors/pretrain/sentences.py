"""Sentences of a data set as vectors, with their paraphrases and counter-examples."""

from __future__ import annotations

import numpy as np

from fmac_ros.priors.base import TextEncoder
from fmac_ros.priors.pretrain.videos import VideoTable


class Sentences:
    """Embeddings (k, d) of every sentence that a data set mentions."""

    def __init__(self, table: VideoTable, text: TextEncoder) -> None:
        mentioned = {s for info in table.infos for s in (info.sentence, *info.other_sentences)}
        self.texts = sorted(mentioned)
        self._index = {sentence: i for i, sentence in enumerate(self.texts)}
        self.embeddings = np.stack([text.encode(sentence) for sentence in self.texts])
        self._own = np.array([self._index[info.sentence] for info in table.infos])
        self._others = [
            np.array([self._index[s] for s in info.other_sentences], dtype=np.int64)
            for info in table.infos
        ]

    def of(self, videos: np.ndarray) -> np.ndarray:
        """(n, d) embeddings of the videos' own sentences."""
        return self.embeddings[self._own[videos]]

    def has_other(self, videos: np.ndarray) -> np.ndarray:
        """(n,) whether a sentence about another thing in the scene is known."""
        return np.array([len(others) > 0 for others in self._others])[videos]

    def other(self, videos: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(n, d) embeddings of a sentence about another thing in each scene."""
        chosen = np.array([rng.choice(self._others[video]) for video in videos], dtype=np.int64)
        return self.embeddings[chosen]  # (0, d) for no videos
