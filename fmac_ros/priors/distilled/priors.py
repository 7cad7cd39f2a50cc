"""Success and value of a slow teacher, answered by a small student that learns from it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fmac_ros.picture import common_size
from fmac_ros.priors.backends import Context, Options, make_prior, parse_options, register
from fmac_ros.priors.base import threshold_of
from fmac_ros.priors.distilled.agreement import values_agree, verdicts_agree
from fmac_ros.priors.distilled.answering import Answering, Doubts, Untrusted
from fmac_ros.priors.distilled.keyframes import jumps, near_threshold
from fmac_ros.priors.distilled.options import DistilledOptions, DistilledSuccessOptions
from fmac_ros.priors.distilled.state import State
from fmac_ros.priors.distilled.student import Student, first_head
from fmac_ros.priors.distilled.teaching import Ask, Teaching, Trust
from fmac_ros.priors.ensemble.members import checked
from fmac_ros.priors.ensemble.voting import HALF, levels
from fmac_ros.priors.spec import parse_prior

DISTILLED = "distilled"


@register("success", DISTILLED)
def make_success(options: Options, context: Context) -> DistilledSuccess:
    """M_R of a student whose threshold of 0.5 is the teacher's own."""
    parsed = parse_options(DistilledSuccessOptions, options)
    teacher = _teacher("success", parsed, context)

    def ask(pictures: np.ndarray, sentence: str) -> np.ndarray:
        scores = checked(teacher.scores(pictures, sentence), len(pictures), teacher.name)
        return levels(scores, threshold_of(teacher, sentence))

    trust = partial(verdicts_agree, limit=parsed.max_disagreement, min_each=parsed.min_each)
    school = _school("success", ask, trust, teacher, near_threshold, parsed, context)
    return DistilledSuccess(school, teacher)


@register("value", DISTILLED)
def make_value(options: Options, context: Context) -> DistilledValue:
    """M_V of a student."""
    parsed = parse_options(DistilledOptions, options)
    teacher = _teacher("value", parsed, context)

    def ask(pictures: np.ndarray, sentence: str) -> np.ndarray:
        return checked(teacher.values(pictures, sentence), len(pictures), teacher.name)

    trust = partial(values_agree, limit=parsed.max_disagreement)
    school = _school("value", ask, trust, teacher, jumps, parsed, context)
    return DistilledValue(school, teacher)


def _teacher(kind: str, options: DistilledOptions, context: Context) -> Any:
    spec = parse_prior(options.teacher, "teacher")
    try:
        return make_prior(kind, spec.backend, spec.options, context)
    except ValueError as error:
        raise ValueError(f"teacher: {error}") from error


def _school(
    kind: str,
    ask: Ask,
    trust: Trust,
    teacher: Any,
    doubts: Doubts,
    options: DistilledOptions,
    context: Context,
) -> Answering:
    sizes = {"latent space": context.encoder.picture_size, "teacher": teacher.picture_size}
    size = common_size(sizes)
    identity = {
        "kind": kind,
        "teacher": f"{teacher.name} {teacher.version}",
        "latent space": str(context.encoder.version),
    }
    state = State(Path(options.state) / kind if options.state else None, identity)
    found = state.load()
    head, saved = found if found else (first_head(context, options.seed), None)
    student = Student(head, context, options)
    teaching = Teaching(ask, student, trust, options, state)
    for lesson in [*saved.taught, *saved.held_out] if saved else []:
        context.text.encode(lesson.sentence)
    teaching.start(saved)
    return Answering(teaching, student, doubts, options, context, size)


class _Distilled:
    """What both have in common.

    Attributes:
        cacheable: False, because the student learns: the same question has another answer later.
        batchable: False, because how many states are asked about says who is asking.
    """

    cacheable = False
    batchable = False

    def __init__(self, answering: Answering, teacher: Any) -> None:
        self._answering, self._teacher = answering, teacher
        self.name = f"{DISTILLED}({teacher.name})"
        self.picture_size = answering.picture_size
        self.conditioning = teacher.conditioning

    @property
    def version(self) -> str:
        """The teacher's, and the student's gradient steps."""
        return f"{self._teacher.version}~{self._answering.updates}"

    def opinion(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return the student's own (n,) answers, trusted or not; for measuring it."""
        return self._answering.opinion(pictures, sentence)

    def status(self) -> dict[str, float | int | str]:
        """Trust, disagreement on held-out answers and counts."""
        return self._answering.status()

    def close(self) -> None:
        """End the teacher's thread and save the student."""
        self._answering.close()
        getattr(self._teacher, "close", lambda: None)()


class DistilledSuccess(_Distilled):
    """``M_R`` (``base.SuccessPrior``), over levels as ``ensemble.voting`` defines them."""

    threshold = float(HALF)

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 scores; success where at or above ``threshold``.

        One state is answered at once. As long as the student is not trusted, that is 0, "not
        solved", unless the teacher has judged this very picture.

        Raises:
            Untrusted: the teacher, who must answer all of an episode, failed or was too slow.
        """
        try:
            return self._answering.answers(pictures, sentence)
        except Untrusted:
            if len(pictures) != 1:
                raise
            return np.zeros(1, np.float32)


class DistilledValue(_Distilled):
    """``M_V`` (``base.ValuePrior``)."""

    def values(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 values in 0..1.

        Raises:
            Untrusted: as for success; also about one state, since no value stands for "unsure".
        """
        return self._answering.answers(pictures, sentence)
