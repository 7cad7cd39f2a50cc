"""A student on disk, with what it learned from. Safetensors and JSON only.

Every save is a directory of its own below ``<state>/<kind>/``, renamed into place when it is
whole, and then the older ones are removed: a crash at any moment leaves the last or the new one.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError

from fmac_ros.learning.files import write_atomically
from fmac_ros.learning.tensors import pack, unpack
from fmac_ros.priors.distilled.latent_head import LatentHead
from fmac_ros.priors.distilled.memory import Lesson

MEMORY = "memory.safetensors"
PARTIAL = "partial"
FORMAT = "distilled-memory"


@dataclass(frozen=True)
class Saved:
    """What is needed to go on, beside the student's weights."""

    taught: list[Lesson] = field(default_factory=list)
    held_out: list[Lesson] = field(default_factory=list)
    answered: int = 0
    groups: int = 0


class State:
    """The directory of one student.

    Args:
        folder: None keeps nothing.
        identity: texts that must be the same when it is continued, such as the teacher's name.
    """

    def __init__(self, folder: Path | None, identity: dict[str, str]) -> None:
        self._folder, self._identity = folder, identity

    def load(self) -> tuple[LatentHead, Saved] | None:
        """The newest student and its lessons, None where nothing was saved.

        Raises:
            ValueError: a file is damaged, or of another teacher, kind or latent space; names it.
        """
        numbers = self._numbers()
        if self._folder is None or not numbers:
            return None
        folder = self._folder / _name(numbers[-1])
        saved = self._load_lessons(folder / MEMORY)
        return _load_head(folder), saved

    def save(self, head: LatentHead, saved: Saved) -> None:
        """Write a new snapshot and remove the older ones. Raises OSError, StoreError."""
        if self._folder is None:
            return
        partial = self._folder / PARTIAL
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        head.save_pretrained(partial)
        write_atomically(partial / MEMORY, self._pack(saved))
        old = self._numbers()
        partial.rename(self._folder / _name(old[-1] + 1 if old else 0))
        for number in old:
            shutil.rmtree(self._folder / _name(number), ignore_errors=True)

    def _numbers(self) -> list[int]:
        if self._folder is None or not self._folder.is_dir():
            return []
        return sorted(int(path.name) for path in self._folder.iterdir() if path.name.isdigit())

    def _pack(self, saved: Saved) -> bytes:
        lessons = [*saved.taught, *saved.held_out]
        sentences = sorted({lesson.sentence for lesson in lessons})
        arrays: dict[str, np.ndarray] = {}
        if lessons:
            keys = np.frombuffer(b"".join(lesson.key for lesson in lessons), np.uint8)
            rows = {sentence: row for row, sentence in enumerate(sentences)}
            arrays = {
                "keys": keys.reshape(len(lessons), -1),
                "latents": np.stack([lesson.latent for lesson in lessons]),
                "answers": np.array([lesson.answer for lesson in lessons], np.float32),
                "sentences": np.array([rows[lesson.sentence] for lesson in lessons], np.int32),
            }
        facts = {
            "identity": self._identity,
            "sentences": sentences,
            "taught": len(saved.taught),
            "answered": saved.answered,
            "groups": saved.groups,
        }
        return pack(FORMAT, arrays, facts)

    def _load_lessons(self, path: Path) -> Saved:
        try:
            arrays, facts = unpack(FORMAT, path.read_bytes(), str(path))
            self._check(facts["identity"], path)
            lessons = _lessons(arrays, facts["sentences"])
            taught = int(facts["taught"])
            return Saved(
                lessons[:taught], lessons[taught:], int(facts["answered"]), int(facts["groups"])
            )
        except (OSError, KeyError, IndexError, TypeError) as error:
            raise ValueError(_damaged(path, error)) from error

    def _check(self, found: dict[str, Any], path: Path) -> None:
        for name, value in self._identity.items():
            if found.get(name) != value:
                raise ValueError(
                    f"{path} is of the {name} {found.get(name)!r}, here it is {value!r};"
                    " valid: another 'state', or remove that directory to begin anew"
                )


def _lessons(arrays: dict[str, np.ndarray], sentences: list[str]) -> list[Lesson]:
    if not arrays:
        return []
    answers = arrays["answers"].astype(np.float32)
    if not ((answers >= 0) & (answers <= 1)).all():
        raise TypeError("an answer is not in 0..1")
    if not np.isfinite(arrays["latents"]).all():
        raise TypeError("a latent is not finite")
    columns = (arrays["keys"], arrays["latents"], arrays["sentences"], answers)
    if len({len(column) for column in columns}) > 1:
        raise TypeError("its columns differ in length")
    return [
        Lesson(key.tobytes(), latent, sentences[row], float(answer))
        for key, latent, row, answer in zip(*columns, strict=True)
    ]


def _load_head(folder: Path) -> LatentHead:
    try:
        head, report = LatentHead.from_pretrained(
            folder, dtype=torch.float32, output_loading_info=True, use_safetensors=True
        )
    except (OSError, ValueError, RuntimeError, TypeError, SafetensorError) as error:
        raise ValueError(_damaged(folder / "model.safetensors", error)) from error
    if report["missing_keys"]:  # they would be random numbers
        raise ValueError(_damaged(folder / "model.safetensors", "weights are missing"))
    return head


def _damaged(path: Path, reason: object) -> str:
    first = (str(reason).splitlines() or ["?"])[0]
    return f"{path} is damaged: {first}; remove {path.parent} to go on without it"


def _name(number: int) -> str:
    return f"{number:08d}"
