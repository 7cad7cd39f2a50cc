"""Which wordings of its tasks a run of several trains on, and which are kept for its evaluation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from fmac_ros import task_setting
from fmac_ros.learning.sentences import Embed, Sentences


@dataclass(frozen=True)
class Phrasing:
    """The wordings of one goal.

    Attributes:
        trained: episodes are asked for with these; the user's own is one of them.
        held_out: for evaluation alone.
    """

    trained: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One held-out layout of an evaluation.

    Attributes:
        layout: number of the layout.
        unseen: whether the wording was never trained on.
    """

    layout: int
    text: str
    unseen: bool = False

    @property
    def name(self) -> str:
        """Of the episode that answers it; each of an evaluation has its own."""
        return f"eval-{'unseen-' * self.unseen}{self.layout:04d}"


def phrasing_of(sentence: str) -> Phrasing:
    """The wordings of the goal that a sentence asks for: the last one is held out.

    A sentence without a simulated scene has no other wording that we know of.
    """
    from fmac_ros.tasks import TASKS, find_goal, wordings  # it loads the simulator

    try:
        goal = find_goal(sentence)
    except ValueError:
        return Phrasing((sentence,), ())
    known = wordings(TASKS[goal.task], goal.target)
    trained = tuple(text for text in known if text in (goal.sentence, *known[:-1]))
    return Phrasing(trained, tuple(text for text in known if text not in trained))


def phrasings(task: str) -> list[Phrasing]:
    """The wordings of every goal of a task setting. Raises ValueError where two are the same."""
    given = task_setting.split(task)
    found = [phrasing_of(sentence) for sentence in given]
    for (i, one), (j, other) in itertools.combinations(enumerate(found), 2):
        if set(one.trained) & set(other.trained):
            raise ValueError(f"{given[i]!r} and {given[j]!r} ask for the same, valid: two tasks")
    return found


def sentences_of(task: str, embed: Embed) -> Sentences | None:
    """What the policy of a task setting is told; None where it is one task, which needs no words.

    Args:
        embed: the text encoder.
    """
    if not task_setting.is_several(task):
        return None
    return Sentences.embedded([phrasing.trained for phrasing in phrasings(task)], embed)


def questions(task: str, layouts: int) -> list[Question]:
    """What an evaluation on so many held-out layouts asks: of one task, itself on each of them.

    Several tasks take turns, each in its trained wordings. The same layouts follow once more in
    the wordings that were held out, as far as there are any.
    """
    if not task_setting.is_several(task):
        return [Question(layout, task) for layout in range(layouts)]
    found = phrasings(task)
    seen = _asked([phrasing.trained for phrasing in found], layouts, unseen=False)
    return seen + _asked([phrasing.held_out for phrasing in found], layouts, unseen=True)


def _asked(tasks: Sequence[tuple[str, ...]], layouts: int, unseen: bool) -> list[Question]:
    asked = []
    for layout in range(layouts):
        turn, task = divmod(layout, len(tasks))
        if texts := tasks[task]:
            asked.append(Question(layout, texts[turn % len(texts)], unseen))
    return asked
