"""Checks of single options; each raises ValueError naming the option, its value, what is valid."""

from __future__ import annotations

import math
from typing import Any


def check_choice(name: str, value: Any, valid: tuple[str, ...]) -> None:
    """Raise unless ``value`` is one of ``valid``."""
    if value not in valid:
        raise ValueError(f"{name} is {value!r}, valid: {', '.join(valid)}")


def check_number(name: str, value: Any, low: float, high: float = math.inf) -> None:
    """Raise unless ``value`` is a finite number in ``low..high``."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not low <= value <= high:
        valid = f"{low:g} or more" if high == math.inf else f"{low:g}..{high:g}"
        raise ValueError(f"{name} is {value!r}, valid: {valid}")


def check_count(name: str, value: Any) -> None:
    """Raise unless ``value`` is a whole number from 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} is {value!r}, valid: 1, 2, ...")


def check_text(name: str, value: Any) -> None:
    """Raise unless ``value`` is a text."""
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}, valid: a text")
