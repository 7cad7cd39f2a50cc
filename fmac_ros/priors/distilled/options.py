"""Options of a distilled prior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fmac_ros.priors.hub.checks import check_count, check_number, check_text


@dataclass(frozen=True)
class DistilledOptions:
    """Who teaches, how much is asked, and when the student is trusted.

    Attributes:
        teacher: a backend with its options, ``{backend: vlm, model: ...}``.
        keyframes: states of an episode that the teacher is asked about once the student is
            trusted; 0 asks no more, so nothing is learned or measured any more.
        wait: longest time that an episode waits for its keyframes [s]; what comes later is
            learned from all the same.
        deadline: longest time that an episode waits for the teacher while the student is not
            trusted [s].
        trust_after: answers of the teacher before which the student is never trusted.
        max_disagreement: largest disagreement on held-out answers of a trusted student
            (``agreement``), 0..1.
        held_out: every how many-th episode the student is never trained on, from 2.
        memory: answers kept to train on.
        queue: questions that may wait for the teacher.
        updates: gradient steps for each new answer.
        batch: answers in a gradient step.
        learning_rate: of AdamW.
        seed: of the student's first weights and of the mini-batches.
        state: directory that the student is kept in and continued from; "" keeps nothing.
    """

    teacher: Mapping[str, Any]
    keyframes: int = 4
    wait: float = 5.0
    deadline: float = 120.0
    trust_after: int = 200
    max_disagreement: float = 0.1
    held_out: int = 5
    memory: int = 4096
    queue: int = 8
    updates: int = 2
    batch: int = 32
    learning_rate: float = 1e-3
    seed: int = 0
    state: str = ""

    def __post_init__(self) -> None:
        for name in ("trust_after", "held_out", "memory", "queue", "updates", "batch"):
            check_count(name, getattr(self, name))
        for name in ("keyframes", "seed"):
            value = getattr(self, name)
            if value != 0:
                check_count(name, value)
        if self.held_out < 2:
            raise ValueError(f"held_out is {self.held_out}, valid: 2, 3, ...; 1 leaves no lesson")
        for name in ("wait", "deadline"):
            check_number(name, getattr(self, name), 0)
        check_number("max_disagreement", self.max_disagreement, 0, 1)
        check_number("learning_rate", self.learning_rate, 1e-6, 1)
        check_text("state", self.state)


@dataclass(frozen=True)
class DistilledSuccessOptions(DistilledOptions):
    """Options of distilled success.

    Attributes:
        min_each: held-out answers of either verdict before which the student is not trusted:
            one that never says "solved" agrees with a teacher that hardly ever does.
    """

    min_each: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_each != 0:
            check_count("min_each", self.min_each)
