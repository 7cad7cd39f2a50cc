"""How far a run is, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fmac_ros.types import Episode

WINDOW = 20  # episodes behind the success rate
RESUMING = "resuming"  # what is stored is gone through
STATES = (
    *("starting", RESUMING, "waiting", "imagining", "collecting", "training", "done", "stopped"),
)


@dataclass(frozen=True)
class Progress:
    """What has been done so far.

    Attributes:
        state: one of STATES.
        episodes: finished episodes.
        env_steps: environment steps in them.
        env_steps_total: the budget.
        updates: updates of both networks.
        successes: episodes that the success prior M_R ended (claimed, not true success) and
            no audit rejected.
        recent: claims of the last WINDOW episodes.
        elapsed_s: wall time spent on the run, earlier sittings included [s].
        metrics: the learner's latest.
    """

    env_steps_total: int
    state: str = "starting"
    episodes: int = 0
    env_steps: int = 0
    updates: int = 0
    successes: int = 0
    recent: tuple[bool, ...] = ()
    elapsed_s: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)

    def after(self, episode: Episode, rejected: bool = False) -> Progress:
        """Progress with one more finished episode; ``rejected`` by the audit."""
        success = episode.terminated and not rejected
        return replace(
            self,
            episodes=self.episodes + 1,
            env_steps=self.env_steps + episode.steps,
            successes=self.successes + int(success),
            recent=(*self.recent, success)[-WINDOW:],
        )

    @property
    def finished(self) -> bool:
        """Whether the step budget is used up."""
        return self.env_steps >= self.env_steps_total

    @property
    def success_rate(self) -> float:
        """Share of claimed successes among the recent episodes, 0 before the first."""
        return sum(self.recent) / len(self.recent) if self.recent else 0.0

    @property
    def remaining_s(self) -> float:
        """Wall time left at the pace so far [s], 0 while that is not known."""
        if not self.env_steps or self.state == RESUMING:
            return 0.0
        left = max(0, self.env_steps_total - self.env_steps)
        return self.elapsed_s * left / self.env_steps


class Subscriber:
    """Told what happens in a run; every method does nothing until overridden.

    ``on_parameters`` may be called from the learner's thread, the others come from the
    thread that called ``train``.
    """

    def on_progress(self, progress: Progress) -> None:
        """The state or a count changed."""

    def on_parameters(self, version: int, data: bytes) -> None:
        """New weights to act with, for ``Actor.from_bytes``."""

    def on_rejection(self, episode: Episode, reason: str) -> None:
        """The audit does not believe the success that this episode claims."""

    def on_note(self, note: str) -> None:
        """Something about the run that people should know."""

    def on_episode(self, episode: Episode, progress: Progress) -> None:
        """An episode is on disk."""
