"""Which of some known sentences a sentence is."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from fmac_ros.tasks.base import Goal


def look_up(sentence: str, known: Mapping[str, Goal], where: str) -> Goal:
    """The goal of a known sentence; case, spaces and a full stop do not matter.

    Args:
        known: goals by sentence, in lower case.
        where: what holds these sentences, for the error.

    Raises:
        ValueError: the sentence is not known; names the closest ones.
    """
    wanted = " ".join(sentence.lower().strip(" .!").split())
    if wanted in known:
        return known[wanted]
    close = difflib.get_close_matches(wanted, known, n=3, cutoff=0.0)
    raise ValueError(
        f"no simulated scene for the sentence {sentence!r}; closest: "
        + ", ".join(repr(name) for name in close)
        + f" ({len(known)} sentences in {where})"
    )
