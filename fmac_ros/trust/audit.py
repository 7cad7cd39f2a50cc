"""A claimed success is looked at again before it is learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from fmac_ros.learning.config import AUDITS
from fmac_ros.learning.record import Record

NONE, PRIORS, HUMAN = AUDITS
END = 2  # states whose mean value is the value at the end

Ask = Callable[[Record], "bool | None"]  # whether it is solved; None without an answer


class Auditor(Protocol):
    """Says why a claimed success is not believed."""

    def objection(self, record: Record) -> str:
        """The reason to reject the claim, empty to accept it."""
        ...


class ValueAudit:
    """The value prior must agree: M_V is high at the end and higher than at the start.

    Args:
        least: M_V from which the end counts as solved.
    """

    def __init__(self, least: float = 0.9) -> None:
        if not 0 <= least <= 1:
            raise ValueError(f"audit_value is {least}, valid: 0 to 1")
        self._least = least

    def objection(self, record: Record) -> str:
        """The reason to reject the claim, empty to accept it."""
        values = record.labels.values
        start, end = float(values[0]), float(np.mean(values[-END:]))
        if end < self._least:
            return f"the value prior gives {end:.2f} at the end, {self._least:.2f} is needed"
        if len(values) > END and end <= start:
            return f"the value fell from {start:.2f} to {end:.2f}"
        return ""


class HumanAudit:
    """A person must say yes; silence is no yes."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def objection(self, record: Record) -> str:
        """The reason to reject the claim, empty to accept it."""
        answer = self._ask(record)
        if answer is None:
            return "nobody answered"
        return "" if answer else "a person says no"


def audited(record: Record, auditor: Auditor | None) -> Record:
    """The record as it may be learned from.

    A rejected claim keeps its scores and its end, but no state of it counts as success. With an
    audit, neither does a single positive verdict in an episode that never was claimed.
    """
    if auditor is None or record.rejected:
        return record
    claimed = record.episode.terminated
    reason = auditor.objection(record) if claimed else ""
    if claimed and not reason:
        return record
    labels = replace(record.labels, successes=np.zeros_like(record.labels.successes))
    return replace(record, labels=labels, rejected=reason)
