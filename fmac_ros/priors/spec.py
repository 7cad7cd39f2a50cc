"""Which backend serves each prior: one name for all, or a YAML file.

A file names a backend and its options for each prior; what is left out is embedded::

    root: embedded
    success: {backend: vlm, model: Qwen/Qwen3-VL-2B-Instruct}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fmac_ros.priors.backends import KINDS

EMBEDDED = "embedded"
ORACLE = "oracle"  # knows the ground truth: an ablation, never a result
ORACLE_BASELINE = "oracle baseline"  # what a run with one is called wherever it appears
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class PriorSpec:
    """The backend of one prior and its options."""

    backend: str = EMBEDDED
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PriorsSpec:
    """Backends of all priors.

    Attributes:
        root: ``embedded``, a directory or a hub id with ``encoder/ value/ success/ video/``:
            the latent space, and the weights of backends called ``embedded``.
    """

    root: str = EMBEDDED
    value: PriorSpec = PriorSpec()
    success: PriorSpec = PriorSpec()
    video: PriorSpec = PriorSpec()


def read_spec(name: str | Path) -> PriorsSpec:
    """The backends that ``name`` stands for: a YAML file, or a root for ``embedded`` ones.

    Raises:
        FileNotFoundError: the file is missing.
        ValueError: the file is not of the form above; the text names the place.
    """
    if Path(name).suffix not in SUFFIXES:
        return PriorsSpec(root=str(name))
    path = Path(name)
    if not path.is_file():
        raise FileNotFoundError(f"no priors file at {path}")
    try:
        content = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not YAML: {error}") from error
    try:
        return _parse(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def uses_oracle(name: str | Path) -> bool:
    """Whether any prior of ``name`` knows the simulator's ground truth, however deep it is named:
    as a member, a teacher, or in an option of a backend yet to come."""
    spec = read_spec(name)
    priors = (spec.value, spec.success, spec.video)
    return any(prior.backend == ORACLE or _names_oracle(prior.options) for prior in priors)


def algorithm_label(algorithm: str, priors: str | Path) -> str:
    """What a run with these priors calls its algorithm: an oracle never goes unsaid."""
    return f"{algorithm} ({ORACLE_BASELINE})" if uses_oracle(priors) else algorithm


def _names_oracle(options: Any) -> bool:
    if isinstance(options, Mapping):
        return options.get("backend") == ORACLE or _names_oracle(list(options.values()))
    return isinstance(options, (list, tuple)) and any(map(_names_oracle, options))


def parse_prior(content: Any, where: str) -> PriorSpec:
    """One prior's entry: a mapping with ``backend`` and its options."""
    if not isinstance(content, Mapping) or not isinstance(content.get("backend"), str):
        raise ValueError(f"{where} is {content!r}, valid: a mapping with 'backend' and options")
    options = {str(key): value for key, value in content.items() if key != "backend"}
    return PriorSpec(content["backend"], options)


def _parse(content: Any) -> PriorsSpec:
    valid = ("root", *KINDS)
    if not isinstance(content, Mapping):
        raise ValueError(f"holds a {type(content).__name__}, valid: a mapping of {valid}")
    unknown = sorted(str(key) for key in set(content) - set(valid))
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}, valid: {', '.join(valid)}")
    priors = {kind: parse_prior(content[kind], kind) for kind in KINDS if kind in content}
    return PriorsSpec(root=str(content.get("root", EMBEDDED)), **priors)
