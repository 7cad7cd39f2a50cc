"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

TEMPORARY = ".tmp"


class StoreError(RuntimeError):
    """A run could not be written or read; the message says what to do."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside, sync, rename: a crash at any moment leaves the old file or the new one.

    Raises StoreError where the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(_advice(path, len(data), error)) from error


def read(path: Path) -> bytes:
    """The bytes of a file. Raises StoreError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def remove_leftovers(folder: Path) -> None:
    """Delete what an interrupted write left behind."""
    for leftover in folder.rglob("*" + TEMPORARY):
        leftover.unlink(missing_ok=True)


def _advice(path: Path, size: int, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"no space left for {path} ({size / 1e6:.1f} MB): free some, then resume the run; "
            "everything stored so far is intact"
        )
    return f"cannot write {path}: {error.strerror}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
