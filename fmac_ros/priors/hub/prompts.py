"""What a vision-language model is asked, and the answers that count."""

from __future__ import annotations

from typing import NamedTuple

TASK = "{task}"  # stands for the task's sentence

_SHOWN = "The picture shows a robot arm and what is around it, its cameras side by side."


class Prompt(NamedTuple):
    """A text that holds ``TASK``, and the words of its two answers."""

    text: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]


_YES, _NO = ("yes",), ("no",)
_TRUE, _FALSE = ("true",), ("false",)
_STATEMENT = Prompt(
    f"{_SHOWN} Statement: the robot has completed the task '{TASK}'."
    " Is this statement True or False? Answer with one word.",
    _TRUE,
    _FALSE,
)

#: By kind of prior and style. A statement is judged as in TOPReward (arXiv 2602.19313), there
#: by the frames up to now, here by the state's picture alone.
PROMPTS: dict[tuple[str, str], Prompt] = {
    ("value", "statement"): _STATEMENT,
    ("value", "question"): Prompt(
        f"{_SHOWN} Its task: {TASK}. Is the robot close to finishing it? Answer yes or no.",
        _YES,
        _NO,
    ),
    ("success", "statement"): _STATEMENT,
    ("success", "question"): Prompt(
        f"{_SHOWN} Its task: {TASK}. Does the picture show the task finished? Answer yes or no.",
        _YES,
        _NO,
    ),
}
STYLES = ("statement", "question")
