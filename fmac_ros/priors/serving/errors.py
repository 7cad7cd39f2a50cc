"""Why a request got no answer from a prior that is there."""

from __future__ import annotations

BUSY = "busy: "  # how the text of every error begins that may pass by itself


class Busy(RuntimeError):
    """The server has no time for the request now: asking again later may help."""

    def __init__(self, text: str) -> None:
        super().__init__(BUSY + text)


class Cancelled(RuntimeError):
    """The client does not want the answer any more."""


class OutOfMemory(RuntimeError):
    """One picture alone needs more memory than there is."""


def is_busy(text: str) -> bool:
    """Whether an answer's error text tells of a server that is only busy."""
    return text.startswith(BUSY)
