"""One row of a table of sentences, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fmac_ros.priors.pretrain.sources.common import FAILED_KIND
from fmac_ros.priors.pretrain.videos import KINDS, SOLVING_KINDS
from fmac_ros.priors.text import check_sentence

FILE = "file_name"
ONLY_CAMERA = "camera"  # what the camera of a plain ``file_name`` is called
OPTIONAL = ("success", "solved_frame", "kind", "arm", "task", "other_sentences", "fps")
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Row:
    """What a row says.

    Attributes:
        where: the row's place, for errors.
        files: file name of each camera.
        solved_frame: first frame in which the sentence is fulfilled; None is the last one.
        fps: frames per second; None is what the file says.
        arm, task: empty where the row does not say.
    """

    where: str
    files: Mapping[str, str]
    sentence: str
    kind: str
    success: bool
    solved_frame: int | None
    fps: float | None
    arm: str
    task: str
    other_sentences: tuple[str, ...]


def parse_row(where: str, content: Any) -> Row:
    """Check one row. Raises ValueError naming it, the value and what is valid."""
    try:
        return _parse(where, content)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _parse(where: str, content: Any) -> Row:
    if not isinstance(content, Mapping):
        raise ValueError(f"holds {content!r}, valid: a mapping")
    _check_keys(content)
    kind, success = _kind_and_success(content)
    first = content.get("solved_frame")
    if first is not None and not success:
        raise ValueError(f"solved_frame is {first} though success is false, valid: one of the two")
    return Row(
        where=where,
        files=_files(content),
        sentence=check_sentence(_text(content, "sentence")),
        kind=kind,
        success=success,
        solved_frame=None if first is None else _frame(first),
        fps=None if content.get("fps") is None else _fps(content["fps"]),
        arm=_text(content, "arm"),
        task=_text(content, "task"),
        other_sentences=_others(content.get("other_sentences")),
    )


def _check_keys(content: Mapping[str, Any]) -> None:
    valid = ("sentence", FILE, f"CAMERA_{FILE}", *OPTIONAL)
    for key in content:
        if key not in valid and not key.endswith(f"_{FILE}"):
            raise ValueError(f"unknown column {key!r}, valid: {', '.join(valid)}")


def _files(content: Mapping[str, Any]) -> dict[str, str]:
    files = {
        ONLY_CAMERA if key == FILE else key.removesuffix(f"_{FILE}"): _text(content, key)
        for key in content
        if key == FILE or key.endswith(f"_{FILE}")
    }
    if not files or not all(files.values()):
        raise ValueError(f"no video is named, valid: {FILE!r}, or 'CAMERA_{FILE}' for each camera")
    return files


def _kind_and_success(content: Mapping[str, Any]) -> tuple[str, bool]:
    kind = _text(content, "kind")
    if kind and kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, valid: {', '.join(KINDS)}")
    said = content.get("success")
    success = not kind or kind in SOLVING_KINDS if said is None else _truth(said)
    return kind or (SOLVING_KINDS[0] if success else FAILED_KIND), success


def _truth(value: Any) -> bool:
    text = str(value).strip().lower()
    if text not in TRUTH:
        raise ValueError(f"success is {value!r}, valid: true, false")
    return TRUTH[text]


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} is {value!r}, valid: a text")
    return (value or "").strip()


def _frame(value: Any) -> int:
    text = str(value).strip()
    if not text.isdecimal():
        raise ValueError(f"solved_frame is {value!r}, valid: a frame number from 0")
    return int(text)


def _fps(value: Any) -> float:
    try:
        fps = float(value)
    except (TypeError, ValueError):
        fps = math.nan
    if not 0 < fps < math.inf:
        raise ValueError(f"fps is {value!r}, valid: frames per second, above 0")
    return fps


def _others(value: Any) -> tuple[str, ...]:
    """A list, or in a CSV cell sentences between semicolons."""
    sentences = value.split(";") if isinstance(value, str) else value or []
    if not isinstance(sentences, list) or not all(isinstance(s, str) for s in sentences):
        raise ValueError(f"other_sentences is {value!r}, valid: a list of sentences")
    return tuple(check_sentence(sentence) for sentence in sentences)
