"""Says which sources of a node are silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class SourceWatch:
    """Remembers when each source spoke last.

    Args:
        topics: resolved topic per source.
        publishers: counts the publishers of a topic.
        stale_after: silence after which a source is stale [s].
    """

    def __init__(
        self, topics: Mapping[str, str], publishers: Callable[[str], int], stale_after: float
    ) -> None:
        self._topics = topics
        self._publishers = publishers
        self._stale_after = stale_after
        self._seen: dict[str, float] = {}

    def arrived(self, source: str, now: float) -> None:
        """A message of ``source`` arrived at ``now`` [s, steady clock]."""
        self._seen[source] = now

    def problems(self, now: float) -> list[str]:
        """One sentence per silent source; empty when all speak."""
        return [text for source in self._topics if (text := self._problem(source, now))]

    def _problem(self, source: str, now: float) -> str:
        topic = self._topics[source]
        silent = now - self._seen[source] if source in self._seen else None
        if silent is not None and silent <= self._stale_after:
            return ""
        if self._publishers(topic) == 0:
            return f"nobody publishes {topic}"
        if silent is None:
            return f"{topic} has a publisher but no message came (reliability, or it is stuck)"
        return f"{topic} is silent for {silent:.1f} s"
