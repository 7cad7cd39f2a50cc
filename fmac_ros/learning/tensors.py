"""Named arrays and text to safetensors bytes and back. Nothing here can run foreign code."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import safetensors
import safetensors.numpy


class FormatError(ValueError):
    """Bytes that are not what they should be: truncated, foreign or of another version."""


def pack(kind: str, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, object]) -> bytes:
    """Arrays, and metadata that JSON can hold, as safetensors bytes marked with ``kind``."""
    text = {"kind": kind, "metadata": json.dumps(metadata)}
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return safetensors.numpy.save(contiguous, metadata=text)


def unpack(kind: str, data: bytes, source: str) -> tuple[dict[str, np.ndarray], dict]:
    """Inverse of :func:`pack`.

    Args:
        source: what the bytes came from, for the error.

    Raises:
        FormatError: where ``data`` is truncated, or not of this kind.
    """
    try:
        arrays = safetensors.numpy.load(data)
        text = _text(data)
        found = text.get("kind", "none")
        metadata = json.loads(text.get("metadata", "{}"))
    except (safetensors.SafetensorError, ValueError, KeyError, AttributeError) as error:
        raise FormatError(f"{source} is truncated or not a safetensors file: {error}") from error
    if found != kind:
        raise FormatError(f"{source} is of kind {found!r}, valid: {kind!r}")
    return arrays, metadata


def _text(data: bytes) -> dict[str, str]:
    length = int.from_bytes(data[:8], "little")
    text: dict[str, str] = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    return text
