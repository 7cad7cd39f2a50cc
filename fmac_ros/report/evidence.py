"""What a run has recorded about its own stages, as numbers.

The ground truth of training episodes, where a simulator told it, is read for the report alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from fmac_ros.learning.record import Record
from fmac_ros.trust.reliability import END, heading


@dataclass(frozen=True)
class Trace:
    """What is kept of one episode.

    Attributes:
        claimed: M_R ended it, and no audit rejected that.
        solved: the ground truth, None where it is not known.
        rejected: an audit rejected its claim.
        positives: states that M_R calls solved.
        value: M_V at the end.
        heading: cosine between the imagined change and the way to the last state, or None.
        followed: cosine between the imagined change and what the picture did then, or None.
    """

    played: bool
    steps: int
    holds: int
    claimed: bool
    rejected: bool
    solved: bool | None
    positives: int
    value: float
    heading: float | None
    followed: float | None

    @property
    def outcome(self) -> bool:
        """The best known: the ground truth, else the claim."""
        return self.claimed if self.solved is None else self.solved


@dataclass(frozen=True)
class Evidence:
    """A run's episodes in brief, and the learner's last metrics."""

    traces: tuple[Trace, ...]
    metrics: dict[str, float] = field(default_factory=dict)

    @property
    def acted(self) -> tuple[Trace, ...]:
        """Episodes that were no random play."""
        return tuple(trace for trace in self.traces if not trace.played)

    @property
    def late(self) -> tuple[Trace, ...]:
        """The second half of these, where the run had learned what it could."""
        return self.acted[len(self.acted) // 2 :]

    @property
    def truth_known(self) -> bool:
        """Whether the ground truth of any late episode is known."""
        return any(trace.solved is not None for trace in self.late)


def gather(
    records: Iterable[Record],
    truths: Mapping[str, bool],
    metrics: Mapping[str, float],
    look_ahead: int = 2,
) -> Evidence:
    """Go through a run's episodes.

    Args:
        truths: ground truth by episode id, as far as known.
        look_ahead: which imagined frame was stored.
    """
    traces = tuple(_trace(record, truths.get(record.episode.id), look_ahead) for record in records)
    return Evidence(traces, dict(metrics))


def _trace(record: Record, solved: bool | None, look_ahead: int) -> Trace:
    episode, labels = record.episode, record.labels
    return Trace(
        played=episode.behaviour == "random",
        steps=episode.steps,
        holds=episode.holds,
        claimed=episode.terminated and not record.rejected,
        rejected=bool(record.rejected),
        solved=solved,
        positives=int(labels.successes.sum()),
        value=float(np.mean(labels.values[-END:])),
        heading=heading(record),
        followed=_followed(record, look_ahead),
    )


def _followed(record: Record, look_ahead: int) -> float | None:
    """Mean cosine between the imagined change and the change that came, ``look_ahead`` later."""
    latents = record.latents.astype(np.float32).reshape(len(record.latents), -1)  # (T+1, d)
    count = len(latents) - look_ahead
    if count < 1:
        return None
    imagined = record.labels.imagined.astype(np.float32).reshape(len(latents) - 1, -1)
    wanted = imagined[:count] - latents[:count]
    came = latents[look_ahead:] - latents[:count]
    lengths = np.linalg.norm(wanted, axis=1) * np.linalg.norm(came, axis=1)
    moving = lengths > 1e-6
    if not moving.any():
        return None
    return float(((wanted * came).sum(1)[moving] / lengths[moving]).mean())


def separation(traces: Iterable[Trace]) -> tuple[float, int]:
    """Chance that an episode with success ends with a higher M_V than one without.

    Returns:
        the AUC, not a number without episodes of both kinds; and the smaller kind's count.
    """
    kept = list(traces)
    solved = np.array([trace.value for trace in kept if trace.outcome])
    failed = np.array([trace.value for trace in kept if not trace.outcome])
    count = min(len(solved), len(failed))
    if not count:
        return math.nan, 0
    above = (solved[:, None] > failed).mean() + 0.5 * (solved[:, None] == failed).mean()
    return float(above), count
