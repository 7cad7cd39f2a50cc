"""The one error of the set-up: a single line that says what to do."""

from __future__ import annotations


class SetupError(Exception):
    """The set-up cannot go on. The text is one line: what is wrong and what to do."""
