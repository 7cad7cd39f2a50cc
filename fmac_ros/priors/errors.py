"""Why a prior that is there gives no answer now."""

from __future__ import annotations

_BUSY = "busy: "  # how the text of an answer's error begins where asking again may help


class Busy(RuntimeError):
    """No answer now, for a reason that may pass by itself: asking again later may help."""


def error_text(error: Exception) -> str:
    """What the answer to a request says of an error."""
    return f"{_BUSY}{error}" if isinstance(error, Busy) else str(error)


def is_busy(text: str) -> bool:
    """Whether an answer's error text tells of something that may pass by itself."""
    return text.startswith(_BUSY)
