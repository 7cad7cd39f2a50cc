"""Settings that the name of an algorithm changes, as in ``fmac+imagine=once+beta=10``."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from fmac_ros.learning.config import CommonConfig, LearnerConfig, TrainConfig
from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.priors.imagining import ImagineConfig

CONFIGS: Mapping[str, type[CommonConfig]] = {"fmac": LearnerConfig, "fac": FacConfig}
OF_THE_RUN = (
    *("play_horizon", "seed_steps", "seed_updates", "updates_per_step", "reliability"),
    "gripper_hold",
)
# The priors of a cell say these; what the replay takes and what computes is no matter of learning.
NOT_OF_THE_ALGORITHM = ("use_video", "use_value", "use_success", "replay_memory", "device")

Changes = dict[str, Any]


def read_changes(learner: str, texts: Sequence[str], fixed: Collection[str]) -> Changes:
    """The settings that ``NAME=VALUE`` texts change, by name, in the order of their names.

    Args:
        learner: the one that takes them, in ``CONFIGS``.
        fixed: names of settings that may not be changed.

    Raises:
        ValueError: a name or a value is not valid; says what is.
    """
    plain = {name: value for name, value in _settings(learner).items() if name not in fixed}
    found = dict(sorted(_read(text, plain) for text in texts))
    if len(found) < len(texts):
        raise ValueError(f"{'+'.join(texts)!r} changes a setting twice, valid: once")
    _check(learner, found)
    return found


def spell(changes: Mapping[str, Any]) -> str:
    """What :func:`read_changes` reads as these, each after a ``+``."""
    return "".join(f"+{name}={_text(value)}" for name, value in changes.items())


def _settings(learner: str) -> Changes:
    """Every setting that may be changed, with its default."""
    run = {name: value for name, value in _defaults(TrainConfig).items() if name in OF_THE_RUN}
    own = {**run, **_defaults(ImagineConfig), **_defaults(CONFIGS[learner])}
    return {name: value for name, value in own.items() if name not in NOT_OF_THE_ALGORITHM}


def _defaults(config: Any) -> Changes:
    return {field.name: field.default for field in fields(config)}


def _read(text: str, plain: Mapping[str, Any]) -> tuple[str, Any]:
    name, _, word = (part.strip() for part in text.partition("="))
    if name not in plain:
        raise ValueError(f"{text!r} changes no setting, valid: NAME=VALUE of {', '.join(plain)}")
    kind = type(plain[name])
    try:
        value = word if kind is str else json.loads(word)
    except json.JSONDecodeError:
        value = word
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ValueError(f"{name} is {word!r}, valid: a {kind.__name__}")
    return name, value


def _check(learner: str, changes: Changes) -> None:
    """Let each reader of a setting refuse its value."""
    for config in (CONFIGS[learner], ImagineConfig):
        config(**_known_to(config, changes))
    TrainConfig("any task", **_known_to(TrainConfig, changes))


def _known_to(config: Any, changes: Changes) -> Changes:
    names = _defaults(config)
    return {name: value for name, value in changes.items() if name in names}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value).removesuffix(".0")
