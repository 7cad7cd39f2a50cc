"""A run on disk: its settings, every finished episode, the learner and the progress."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from fmac_ros.learning.episode_file import pack_record, unpack_record
from fmac_ros.learning.files import StoreError, read, remove_leftovers, write_atomically
from fmac_ros.learning.record import Record

SETTINGS, LEARNER, PARAMETERS, PROGRESS = (
    "config.json",
    "learner.safetensors",
    "parameters.safetensors",
    "progress.json",
)


class RunStore:
    """The folder of one run::

        config.json              settings it was started with
        episodes/000001.safetensors ...
        learner.safetensors      the learner's whole state
        parameters.safetensors   what acts: for evaluation
        progress.json            counts

    Make one with :meth:`create` or :meth:`open`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None

    @classmethod
    def create(cls, folder: Path, settings: Mapping[str, object]) -> RunStore:
        """Start a run in a new or empty folder. ``settings`` is anything JSON can hold."""
        store = cls(Path(folder))
        if (store.folder / SETTINGS).exists():
            raise StoreError(f"{folder} holds a run already, valid: resume it, or a new folder")
        try:
            store._episodes.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make {store._episodes}: {error.strerror}") from error
        store._take_lock()
        store._write_json(SETTINGS, settings)
        return store

    @classmethod
    def open(cls, folder: Path, writable: bool = True) -> RunStore:
        """Open an existing run, to resume it or, not writable, to look at it."""
        store = cls(Path(folder))
        if not (store.folder / SETTINGS).is_file():
            raise StoreError(f"{folder} holds no run: {SETTINGS} is missing there")
        if writable:
            store._take_lock()
            remove_leftovers(store.folder)
        return store

    def close(self) -> None:
        """Let another process continue the run."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def settings(self) -> dict:
        """What :meth:`create` was given."""
        return self._read_json(SETTINGS)

    def add(self, record: Record) -> None:
        """Put a finished episode on disk; it counts once this returns."""
        paths = self._paths()
        number = int(paths[-1].stem) + 1 if paths else 1
        write_atomically(self._episodes / f"{number:06d}.safetensors", pack_record(record))

    def records(self) -> Iterator[Record]:
        """Every stored episode, oldest first. Raises FormatError at a damaged file."""
        for path in self._paths():
            yield unpack_record(read(path), str(path))

    def save_learner(self, state: bytes, parameters: bytes) -> None:
        """Keep the learner's state, and what acts, in place of the last ones."""
        write_atomically(self.folder / LEARNER, state)
        write_atomically(self.folder / PARAMETERS, parameters)

    def learner_state(self) -> bytes | None:
        """What :meth:`save_learner` kept, None before the first time."""
        path = self.folder / LEARNER
        return read(path) if path.exists() else None

    def parameters(self) -> bytes:
        """What acts, for ``Actor.from_bytes``."""
        if not (self.folder / PARAMETERS).exists():
            raise StoreError(f"{self.folder} holds no trained policy yet, valid: train first")
        return read(self.folder / PARAMETERS)

    def save_progress(self, progress: Mapping[str, object]) -> None:
        """Keep counts for people and scripts."""
        self._write_json(PROGRESS, progress)

    def progress(self) -> dict:
        """What :meth:`save_progress` kept, empty before the first time."""
        return self._read_json(PROGRESS) if (self.folder / PROGRESS).exists() else {}

    @property
    def _episodes(self) -> Path:
        return self.folder / "episodes"

    def _paths(self) -> list[Path]:
        return sorted(self._episodes.glob("[0-9]*.safetensors"))

    def _take_lock(self) -> None:
        """One trainer a run; the lock goes with the process, however it ends."""
        path = self.folder / "lock"
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise StoreError(f"{self.folder} is in use by another trainer") from error

    def _write_json(self, name: str, content: Mapping[str, object]) -> None:
        text = json.dumps(content, indent=2, sort_keys=True) + "\n"
        write_atomically(self.folder / name, text.encode())

    def _read_json(self, name: str) -> dict:
        path = self.folder / name
        try:
            content: dict = json.loads(read(path))
        except ValueError as error:
            raise StoreError(f"{path} is damaged: {error}") from error
        return content
