"""What one node uses of the graph, and how two descriptions of it differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

_ACTION = "/_action/"  # rcl_action's own topics and services below an action's name


@dataclass(frozen=True)
class Access:
    """Absolute names, by what a node does with them.

    Attributes:
        publish, subscribe: topics.
        reply, request: services that it offers, and that it calls.
        execute, call: actions that it offers, and that it calls.
    """

    publish: frozenset[str] = frozenset()
    subscribe: frozenset[str] = frozenset()
    reply: frozenset[str] = frozenset()
    request: frozenset[str] = frozenset()
    execute: frozenset[str] = frozenset()
    call: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        publish: Iterable[str],
        subscribe: Iterable[str],
        reply: Iterable[str],
        request: Iterable[str],
    ) -> Access:
        """From what ROS lists for a node, where an action is several topics and services."""
        reply, request = list(reply), list(request)
        return cls(
            publish=_plain(publish),
            subscribe=_plain(subscribe),
            reply=_plain(reply),
            request=_plain(request),
            execute=_actions(reply),
            call=_actions(request),
        )

    def items(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Each kind of use with its names."""
        for field in fields(self):
            yield field.name, getattr(self, field.name)


def _plain(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if _ACTION not in name)


def _actions(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.partition(_ACTION)[0] for name in names if _ACTION in name)


def differences(allowed: Mapping[str, Access], used: Mapping[str, Access]) -> list[str]:
    """What nodes use and are not allowed, and what they are allowed and do not use, in words."""
    told = [f"{node} runs and has no enclave" for node in sorted(set(used) - set(allowed))]
    for node in sorted(set(used) & set(allowed)):
        for (kind, may), (_, does) in zip(allowed[node].items(), used[node].items(), strict=True):
            told += [f"{node} may not {kind} {name}" for name in sorted(does - may)]
            told += [f"{node} need not {kind} {name}" for name in sorted(may - does)]
    return told
