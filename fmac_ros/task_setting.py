"""A task setting: one sentence, or several with a semicolon between them. No dependencies."""

from __future__ import annotations

from collections.abc import Iterable

SEPARATOR = ";"


def split(task: str) -> tuple[str, ...]:
    """The sentences of a task setting. Raises ValueError where there is none."""
    found = tuple(part.strip() for part in task.split(SEPARATOR) if part.strip())
    if not found:
        raise ValueError(f"task is {task!r}, valid: a sentence, or several with ; between them")
    return found


def join(sentences: Iterable[str]) -> str:
    """Inverse of :func:`split`."""
    return f"{SEPARATOR} ".join(sentences)


def first(task: str) -> str:
    """The sentence that stands for a task setting where only one can, as in an empty scene."""
    return split(task)[0]


def is_several(task: str) -> bool:
    """Whether one policy shall learn more than one sentence."""
    return len(split(task)) > 1
