"""Who else publishes on a topic that only one node should publish on."""

from __future__ import annotations

import time
from collections import Counter

from rclpy.node import Node

UNKNOWN = "a nameless node"
LINGERING = 30.0  # [s] for which a node that died may still be listed


class StrangerWatch:
    """Looks for publishers that have no business on a topic.

    On a topic of one's own that is every other node. A node of one's own name may be what is
    left of a predecessor that was killed, so it counts only once it is there for longer than
    such remains are listed; the node that was there first counts it then, or at once if it came
    later. On a topic of somebody else there may be one node, whatever its name.

    Args:
        topic: as the node names it.
        own: whether the node itself publishes on it.
    """

    def __init__(self, node: Node, topic: str, own: bool) -> None:
        self._node = node
        self._topic = node.resolve_topic_name(topic)
        self._own = node.get_fully_qualified_name() if own else ""
        self._started = time.monotonic()
        self._was_unknown = False

    def found(self) -> str:
        """Who they are and where, in words; empty if there are none."""
        endpoints = self._node.get_publishers_info_by_topic(self._topic)
        names = Counter(_full(end.node_namespace, end.node_name) for end in endpoints)
        if names[UNKNOWN] and not self._was_unknown:
            names[UNKNOWN], self._was_unknown = 0, True  # its name may just not be here yet
        elif not names[UNKNOWN]:
            self._was_unknown = False
        names = +names
        strangers = self._beside_me(names) if self._own else self._several(names)
        return f"{', '.join(strangers)} on {self._topic}" if strangers else ""

    def _beside_me(self, names: Counter[str]) -> list[str]:
        others = sorted(name for name in names if name != self._own)
        old = time.monotonic() - self._started > LINGERING
        return others + ([f"another {self._own}"] if names[self._own] > 1 and old else [])

    def _several(self, names: Counter[str]) -> list[str]:
        return sorted(names) if len(names) > 1 else []


def _full(namespace: str, name: str) -> str:
    if "_UNKNOWN_" in name:
        return UNKNOWN
    return f"{namespace.rstrip('/')}/{name}"
