"""The priors that an ensemble consists of, and what they say about each state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fmac_ros.picture import common_size
from fmac_ros.priors.backends import Context, make_prior
from fmac_ros.priors.base import (
    CONDITIONINGS,
    check_finite,
    check_pictures,
    is_batchable,
    is_cacheable,
    wants_warm_up,
)
from fmac_ros.priors.ensemble.options import EACH, EnsembleOptions
from fmac_ros.priors.hub.cameras import MEAN, views
from fmac_ros.priors.spec import parse_prior

Judge = Callable[[Any, np.ndarray], np.ndarray]  # (member, pictures (m, h, w, 3)) to (m,) answers


class Members:
    """Priors of one kind that judge together, one after the other.

    Raises:
        ValueError: an entry is not valid, or no picture fits all members (``common_size``).
    """

    def __init__(self, kind: str, options: EnsembleOptions, context: Context) -> None:
        self._views = options.views
        self._members = [
            _make(kind, entry, f"members[{index}]", context)
            for index, entry in enumerate(options.members)
        ]
        self.picture_size = common_size(
            {f"members[{i}]": member.picture_size for i, member in enumerate(self._members)}
        )
        told = {word for member in self._members for word in member.conditioning}
        self.conditioning = tuple(word for word in CONDITIONINGS if word in told)
        self.cacheable = all(map(is_cacheable, self._members))
        self.batchable = all(map(is_batchable, self._members))
        self.warm_up = all(map(wants_warm_up, self._members))

    def name(self, verdict: str) -> str:
        """``vote(first, second)``."""
        return f"{verdict}({', '.join(member.name for member in self._members)})"

    def version(self, settings: str = "") -> str:
        """Versions of the members, then what else decides the verdict."""
        versions = "+".join(str(member.version) for member in self._members)
        shown = f"views={EACH}" if self._views == EACH else ""
        decides = ",".join(word for word in (settings, shown) if word)
        return f"{versions}[{decides}]" if decides else versions

    def status(self) -> dict[str, float | int | str]:
        """What the members tell of themselves, numbered where they do."""
        told: dict[str, float | int | str] = {}
        for index, member in enumerate(self._members):
            part: dict[str, float | int | str] = getattr(member, "status", dict)()
            told.update({f"{index}_{key}": value for key, value in part.items()})
        return told

    def close(self) -> None:
        """Close the members."""
        for member in self._members:
            getattr(member, "close", lambda: None)()

    def ask(self, judge: Judge, pictures: np.ndarray) -> np.ndarray:
        """Return (n, v) float32 answers, v for each of (n, h, w, 3) uint8 pictures.

        Raises:
            ValueError: the pictures are not valid.
            Exception: whatever a member raises; the others' answers then count for nothing.
        """
        check_pictures(pictures, self.picture_size)
        return np.concatenate([self._votes(m, judge, pictures) for m in self._members], axis=1)

    def _votes(self, member: Any, judge: Judge, pictures: np.ndarray) -> np.ndarray:
        """(n, v) answers of one member, v the number of views that it judges."""
        if self._views == EACH and member.picture_size is None:
            shown = views(pictures, MEAN)  # (n, v, h, h, 3)
        else:
            shown = pictures[:, None]
        flat = shown.reshape(-1, *shown.shape[2:])
        return judge(member, flat).reshape(shown.shape[:2])


def _make(kind: str, entry: Any, where: str, context: Context) -> Any:
    spec = parse_prior(entry, where)
    try:
        return make_prior(kind, spec.backend, spec.options, context)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def checked(answers: np.ndarray, count: int, name: str) -> np.ndarray:
    """The float32 answers of one member about ``count`` pictures.

    Raises:
        RuntimeError, ArithmeticError: they are no numbers in 0..1, one for each picture.
    """
    if answers.shape != (count,):
        raise RuntimeError(f"{name} gave answers of shape {answers.shape}, valid: ({count},)")
    check_finite(answers, name)
    if count and not (answers.min() >= 0 and answers.max() <= 1):
        raise ArithmeticError(f"{name} answered {answers.min():g}..{answers.max():g}, valid: 0..1")
    return answers.astype(np.float32)
