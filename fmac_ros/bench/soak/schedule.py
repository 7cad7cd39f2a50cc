"""What goes wrong, when, and for how long: drawn from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

NODES = (
    *("pybullet_sim", "state_node", "prior_server", "policy_node"),
    *("trainer_node", "evaluator_node"),
)
# Of each kind: what it may hit, and how long it lasts [s].
KINDS: dict[str, tuple[tuple[str, ...], tuple[float, float]]] = {
    "kill": (NODES, (0.0, 0.0)),
    "stop": (NODES, (0.3, 3.0)),
    "images": (("lost", "late", "frozen", "encoding", "small", "cut_short", "gaps"), (0.5, 4.0)),
    "joints": (("lost", "late", "reordered", "extra", "fewer", "uncounted", "nan"), (0.5, 4.0)),
    "clock": (("lost", "back", "ahead"), (0.5, 3.0)),
    "commands": (("lost",), (0.5, 4.0)),
    "operator": (("emergency_stop", "disarm", "pause", "slow"), (0.5, 3.0)),
    "stranger": (("commands", "observation"), (0.5, 2.0)),
    "flood": (("reset", "rollout", "parameters"), (0.5, 1.5)),
    "policy": (("truncated", "foreign"), (0.0, 0.0)),
}
SHARES = {"kill": 2.0, "stop": 2.0, "images": 2.0, "joints": 2.0}  # others 1
PAUSE = (1.0, 6.0)  # [s] between the end of a fault and the next one


@dataclass(frozen=True)
class Event:
    """One fault.

    Attributes:
        after: pause before it [s].
        lasts: how long it goes on [s].
    """

    kind: str
    what: str
    after: float
    lasts: float


def events(seed: int) -> Iterator[Event]:
    """Faults without end, always the same ones for a seed."""
    rng = np.random.default_rng(seed)
    kinds = list(KINDS)
    shares = np.array([SHARES.get(kind, 1.0) for kind in kinds])
    while True:
        kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
        whats, (shortest, longest) = KINDS[kind]
        what = whats[int(rng.integers(len(whats)))]
        yield Event(kind, what, float(rng.uniform(*PAUSE)), float(rng.uniform(shortest, longest)))
