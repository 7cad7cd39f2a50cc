"""What can be compared: the algorithms, and the baselines beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fmac_ros.bench.learning.changes import read_changes, spell
from fmac_ros.priors.backends import KINDS

PRIORS, SB3, PIXELS = "priors", "sb3", "pixels"  # who runs a method


@dataclass(frozen=True)
class Method:
    """One way to learn.

    Attributes:
        about: one line, for the table.
        reads: kinds of priors that it learns from.
        needs: those of them that it cannot do without.
        runner: which loop runs it.
        settings: of the training, where they differ from a plain run.
        changes: those that its name changes beside, for an ablation.
    """

    about: str
    reads: tuple[str, ...]
    needs: tuple[str, ...] = ()
    runner: str = PRIORS
    settings: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def weighs(self) -> bool:
        """Whether ``reliability`` means anything to it."""
        return self.runner == PRIORS and len(self.reads) > 1


# A method that reads no success prior is not told of successes either: no early end.
_BLIND = {"stop_on_success": False, "use_success": False, "use_value": False}

METHODS = {
    "fmac": Method("the paper: Eq. 1 and Eq. 2, literal", KINDS),
    "fmac-stabilised": Method(
        "the paper, advantage term bounded", KINDS, settings={"objective": "stabilised"}
    ),
    "fac": Method("the follow-up: learned critic", KINDS),
    "fac-choose": Method(
        "fac, acting by Q between policy and video",
        KINDS,
        needs=("video",),
        settings={"choose_by_q": True},
    ),
    "unipi": Method(
        "video and inverse dynamics alone (UniPi)",
        ("video",),
        needs=("video",),
        settings={**_BLIND, "behaviour": "prior"},
    ),
    "bc": Method(
        "behaviour cloning of the imagined actions",
        ("video",),
        needs=("video",),
        settings=_BLIND,
    ),
    "sac": Method(
        "SAC (stable-baselines3) from the sparse success signal, latents and proprio",
        ("success",),
        needs=("success",),
        runner=SB3,
    ),
    "drqv2": Method(
        "DrQ-v2 from the sparse success signal, pixels alone",
        ("success",),
        needs=("success",),
        runner=PIXELS,
    ),
}


def method_of(name: str) -> Method:
    """The method of a name in ``METHODS``, or of one with changes: ``fmac+imagine=once``.

    Raises:
        ValueError: no such method, or a change that is not valid.
    """
    base, *texts = (part.strip() for part in name.split("+"))
    if base not in METHODS:
        raise ValueError(f"no algorithm {base!r}, valid: {', '.join(METHODS)}")
    method = METHODS[base]
    if texts and method.runner != PRIORS:
        ours = ", ".join(name for name, other in METHODS.items() if other.runner == PRIORS)
        raise ValueError(f"{base} has no settings to change, valid: changes of {ours}")
    try:
        changes = read_changes(learner_of(base), texts, method.settings)
    except ValueError as error:
        raise ValueError(f"algorithm {name!r}: {error}") from None
    return replace(method, changes=changes)


def spelled(name: str) -> str:
    """The name of a method as it is written everywhere. Raises as :func:`method_of`."""
    return name.split("+")[0].strip() + spell(method_of(name).changes)


def learner_of(method: str) -> str:
    """The learner in ``learning.algorithms`` that a method trains."""
    return "fac" if method.startswith("fac") else "fmac"
