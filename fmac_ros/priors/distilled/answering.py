"""Who answers about which state: the student, or the teacher that it learns from."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from fmac_ros.picture import Size
from fmac_ros.priors.backends import Context
from fmac_ros.priors.base import check_pictures
from fmac_ros.priors.distilled.keyframes import keyframes
from fmac_ros.priors.distilled.memory import key_of
from fmac_ros.priors.distilled.options import DistilledOptions
from fmac_ros.priors.distilled.questions import Question
from fmac_ros.priors.distilled.student import Student
from fmac_ros.priors.distilled.teaching import Teaching
from fmac_ros.priors.errors import Busy
from fmac_ros.priors.text import check_sentence

Doubts = Callable[[np.ndarray], np.ndarray]  # (n,) answers to (n,) doubts


class Untrusted(Busy):
    """The student is not trusted and the teacher has not answered."""


class Answering:
    """Answers of one prior.

    Args:
        doubts: how unsure the student is of its answers about an episode.
        picture_size: (h, w) of the pictures that both student and teacher take.
    """

    def __init__(
        self,
        teaching: Teaching,
        student: Student,
        doubts: Doubts,
        options: DistilledOptions,
        context: Context,
        picture_size: Size | None,
    ) -> None:
        self._teaching, self._student, self._doubts = teaching, student, doubts
        self._options, self._context = options, context
        self._abstained = 0
        self.picture_size = picture_size

    @property
    def updates(self) -> int:
        """Gradient steps of the student."""
        return self._student.updates

    def answers(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 answers about (n, h, w, 3) uint8 pictures.

        Raises:
            Untrusted: the student may not answer and the teacher has not, or not in time.
        """
        check_pictures(pictures, self.picture_size)
        sentence = check_sentence(sentence)
        trusted = self._teaching.trusted
        latents = self._context.encoder.encode(pictures)
        own = self._student.answers(latents, sentence)
        keys = [key_of(picture, sentence) for picture in pictures]
        said = self._known(keys)
        rows = np.flatnonzero(np.isnan(said)) if not trusted else self._keyframes(own)
        if len(own) == 1:
            self._ask_when_idle(Question(pictures, latents, keys, sentence), trusted, said)
        elif len(rows):
            question = Question(pictures[rows], latents[rows], [keys[i] for i in rows], sentence)
            told = self._ask(question, trusted)
            said[rows] = np.where(np.isnan(told), said[rows], told)
        if not trusted and np.isnan(said).any():
            self._abstained += 1
            raise Untrusted(
                f"the student is not trusted yet and the teacher has not answered about"
                f" {np.isnan(said).sum()} of {len(said)} states"
            )
        return np.where(np.isnan(said), own, said).astype(np.float32)

    def opinion(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return the student's own (n,) answers, trusted or not; nobody else is asked."""
        check_pictures(pictures, self.picture_size)
        return self._student.answers(self._context.encoder.encode(pictures), sentence)

    def status(self) -> dict[str, float | int | str]:
        """How the teaching stands, and how often nobody could answer."""
        return {**self._teaching.status(), "abstained": self._abstained}

    def close(self) -> None:
        """End the teaching."""
        self._teaching.close()

    def _known(self, keys: list[bytes]) -> np.ndarray:
        """(n,) what the teacher said about the same pictures before, NaN where it did not."""
        known = (self._teaching.known(key) for key in keys)
        return np.array([np.nan if answer is None else answer for answer in known], np.float32)

    def _keyframes(self, own: np.ndarray) -> np.ndarray:
        return keyframes(self._doubts(own), self._options.keyframes)

    def _ask_when_idle(self, question: Question, trusted: bool, said: np.ndarray) -> None:
        """Nobody waits for this answer; without it a graph without episodes never learns."""
        if not trusted and np.isnan(said[0]) and self._teaching.idle:
            self._teaching.put(question)

    def _ask(self, question: Question, trusted: bool) -> np.ndarray:
        """(k,) answers of the teacher; NaN where none came in time or it is too busy."""
        limit = self._options.wait if trusted else self._options.deadline
        end = time.monotonic() + limit
        if not self._teaching.put(question, 0.0 if trusted else limit):
            return question.answers
        told = question.wait(max(0.0, end - time.monotonic()))
        if question.failure and not trusted:
            self._abstained += 1
            raise Untrusted(
                f"the student is not trusted yet and its teacher failed: {question.failure}"
            )
        return told
