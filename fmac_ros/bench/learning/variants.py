"""Which priors a cell learns with, as a name: a base and what is changed of it.

``learned``, a directory or a YAML file is the base; ``oracle`` is ``learned`` with value and
success from the ground truth. Changes follow, each after a ``+``::

    learned+no-value
    oracle+value-noise=0.5+reliability
    learned+oracle-success+false-positives=0.05
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from fmac_ros.priors.backends import KINDS
from fmac_ros.priors.spec import EMBEDDED, ORACLE, SUFFIXES, PriorSpec, read_spec, uses_oracle

LEARNED = "learned"
SWITCHES = ("no-value", "no-video", "no-success", "oracle-value", "oracle-success")
# Errors of an oracle, by name: its prior and its option.
ERRORS = {
    "value-noise": ("value", "value_noise"),
    "value-reversed": ("value", "reversed"),
    "false-positives": ("success", "false_positive_rate"),
    "false-negatives": ("success", "false_negative_rate"),
    "success-reversed": ("success", "reversed"),
}
RELIABILITY = "reliability"
_FLAGS = ("value-reversed", "success-reversed")


@dataclass(frozen=True)
class Variant:
    """The priors of a cell.

    Attributes:
        base: ``learned``, a directory or a YAML file.
        without: kinds of priors that are not used.
        oracles: kinds that the ground truth stands in for.
        errors: of these oracles, by name, with their size.
        reliability: whether priors are weighed by their agreement with outcomes.
    """

    base: str = LEARNED
    without: frozenset[str] = frozenset()
    oracles: frozenset[str] = frozenset()
    errors: tuple[tuple[str, float], ...] = ()
    reliability: bool = False

    def __post_init__(self) -> None:
        for name, size in self.errors:
            kind = ERRORS[name][0]
            if kind not in self.oracles:
                raise ValueError(f"{name} needs the oracle of {kind}: add +oracle-{kind}")
            if size < 0 or (kind == "success" and size > 1):
                raise ValueError(f"{name} is {size}, valid: 0 or more, and a rate at most 1")
        both = self.without & self.oracles
        if both:
            raise ValueError(f"no-{min(both)} and oracle-{min(both)} exclude each other")

    @property
    def name(self) -> str:
        """The shortest name that :func:`parse` reads as this."""
        oracle = self.oracles == {"value", "success"} and self.base == LEARNED
        parts = [ORACLE if oracle else self.base]
        parts += [] if oracle else [f"oracle-{kind}" for kind in KINDS if kind in self.oracles]
        parts += [f"no-{kind}" for kind in KINDS if kind in self.without]
        parts += [name if name in _FLAGS else f"{name}={size:g}" for name, size in self.errors]
        return "+".join([*parts, *([RELIABILITY] if self.reliability else [])])

    def uses(self, kind: str) -> bool:
        """Whether the prior of that kind is learned from."""
        return kind not in self.without

    def reduced(self, kinds: Iterable[str], weighs: bool) -> Variant:
        """What is left of the changes for an algorithm that reads these ``kinds`` alone."""
        read = frozenset(kinds)
        errors = tuple(error for error in self.errors if ERRORS[error[0]][0] in read)
        return Variant(
            self.base,
            self.without & read,
            self.oracles & read,
            errors,
            self.reliability and weighs,
        )

    def save(self, path: Path) -> str:
        """What ``load_priors`` is given: the base's name, or a file at ``path`` with oracles."""
        base = EMBEDDED if self.base == LEARNED else self.base
        if not self.oracles:
            return base
        spec = read_spec(base)
        content: dict[str, Any] = {"root": str(Path(spec.root).resolve())}
        if spec.root == EMBEDDED:
            content["root"] = EMBEDDED
        content |= {kind: _entry(getattr(spec, kind)) for kind in KINDS}
        content |= {kind: self._oracle(kind) for kind in self.oracles}
        path.write_text(yaml.safe_dump(content))
        return str(path)

    def signal(self) -> str:
        """Where the success signal comes from, in words."""
        if not self.uses("success"):
            return "none"
        if "success" in self.oracles:
            errors = any(ERRORS[name][0] == "success" for name, _ in self.errors)
            return "ground truth with errors" if errors else "ground truth"
        return "success prior"

    def _oracle(self, kind: str) -> dict[str, Any]:
        own = [(ERRORS[name][1], name, size) for name, size in self.errors]
        options = {
            option: True if name in _FLAGS else size
            for option, name, size in own
            if ERRORS[name][0] == kind
        }
        return {"backend": ORACLE, **options}


def parse(text: str) -> Variant:
    """The variant that a name stands for. Raises ValueError, saying what is valid."""
    base, *changes = text.split("+")
    variant = Variant(base or LEARNED)
    if base == ORACLE:
        variant = Variant(oracles=frozenset({"value", "success"}))
    elif base != LEARNED:
        _refuse_unknown_base(base)
    # Oracles first: what follows may be an error of theirs, whatever the order it is said in.
    for change in sorted(changes, key=lambda change: change not in SWITCHES):
        variant = _changed(variant, change, text)
    return variant


def _changed(variant: Variant, change: str, text: str) -> Variant:
    name, _, size = change.partition("=")
    if change == RELIABILITY:
        return replace(variant, reliability=True)
    if change in SWITCHES:
        what, kind = change.split("-")
        part = "without" if what == "no" else "oracles"
        return replace(variant, **{part: getattr(variant, part) | {kind}})
    if name not in ERRORS or (name in _FLAGS) == bool(size):
        valid = ", ".join([*SWITCHES, *map(_spelling, ERRORS), RELIABILITY])
        raise ValueError(f"priors {text!r}: {change!r} is no change of them, valid: {valid}")
    try:
        number = float(size or 1)
    except ValueError:
        raise ValueError(f"priors {text!r}: {size!r} is no number") from None
    errors = dict(variant.errors) | {name: number}
    return replace(variant, errors=tuple((key, errors[key]) for key in ERRORS if key in errors))


def _spelling(name: str) -> str:
    return name if name in _FLAGS else f"{name}=NUMBER"


def _refuse_unknown_base(base: str) -> None:
    path = Path(base)
    if not (path.is_dir() or (path.suffix in SUFFIXES and path.is_file())):
        raise ValueError(
            f"priors start with {base!r}, valid: {LEARNED}, {ORACLE}, a directory or a YAML file"
        )
    if uses_oracle(base):
        raise ValueError(f"{base} names an oracle, valid: a base without, and +oracle-success here")


def _entry(spec: PriorSpec) -> Mapping[str, Any]:
    return {"backend": spec.backend, **spec.options}
