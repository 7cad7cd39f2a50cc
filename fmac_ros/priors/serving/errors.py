"""Why a request got no answer from a prior that is there."""

from __future__ import annotations


class Cancelled(RuntimeError):
    """The client does not want the answer any more."""


class OutOfMemory(RuntimeError):
    """One picture alone needs more memory than there is."""
