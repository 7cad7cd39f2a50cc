"""Backends of the foundation priors, by kind and name.

A backend makes one prior (``base``) from options. It is found without touching any node:
those of the package register below, those of others through an entry point of the group
``fmac_ros.priors`` whose loading calls :func:`register`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

from fmac_ros.priors.base import LatentSpace, TextEncoder
from fmac_ros.priors.oracle.truth import TruthSource

KINDS = ("value", "success", "video")
ENTRY_POINTS = "fmac_ros.priors"
# Modules of the package that register backends; imported when a backend is first asked for,
# because some of them need large libraries.
MODULES = (
    "fmac_ros.priors.embedded",
    "fmac_ros.priors.hub.contrastive",
    "fmac_ros.priors.hub.video",
    "fmac_ros.priors.hub.vision_language",
    "fmac_ros.priors.endpoint.priors",
    "fmac_ros.priors.ensemble.priors",
    "fmac_ros.priors.distilled.priors",
    "fmac_ros.priors.oracle.priors",
)

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """What every backend may use.

    Attributes:
        root: directory of the embedded priors.
        encoder: the latent space of the run; imagined frames are given in it.
        text: sentence embeddings.
        device: where the embedded priors compute.
        truth: the simulator's, for the backends called ``oracle`` alone; None for all others.
    """

    root: Path
    encoder: LatentSpace
    text: TextEncoder
    truth: TruthSource | None = None
    device: str = "cpu"


Options = Mapping[str, Any]
Backend = Callable[[Options, Context], Any]

_BACKENDS: dict[tuple[str, str], Backend] = {}


def register(kind: str, name: str) -> Callable[[Backend], Backend]:
    """Make the decorated function the backend ``name`` of a kind of prior."""
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, valid: {', '.join(KINDS)}")

    def keep(backend: Backend) -> Backend:
        _BACKENDS[kind, name] = backend
        return backend

    return keep


def make_prior(kind: str, name: str, options: Options, context: Context) -> Any:
    """Make the prior of a backend. Raises ValueError for an unknown name or bad options."""
    _load_modules()
    if (kind, name) not in _BACKENDS:
        raise ValueError(f"backend of {kind} is {name!r}, valid: {', '.join(backend_names(kind))}")
    try:
        return _BACKENDS[kind, name](options, context)
    except ValueError as error:
        raise ValueError(f"{kind} prior, backend {name!r}: {error}") from error


def backend_names(kind: str) -> list[str]:
    """Backends that make priors of a kind."""
    _load_modules()
    return sorted(name for of, name in _BACKENDS if of == kind)


def parse_options(cls: type[T], options: Options) -> T:
    """Options as a dataclass, whose own checks then hold. Raises ValueError naming the key."""
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise ValueError(f"unknown option {unknown[0]!r}, valid: {', '.join(known) or 'none'}")
    needed = [
        name
        for name, field in known.items()
        if field.default is MISSING and field.default_factory is MISSING and name not in options
    ]
    if needed:
        raise ValueError(f"option {needed[0]!r} is missing")
    return cls(**options)


def _load_modules() -> None:
    for module in MODULES:
        importlib.import_module(module)
    for point in entry_points(group=ENTRY_POINTS):
        point.load()
