"""Named arrays and text to safetensors bytes and back. Nothing here can run foreign code."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import safetensors
import safetensors.numpy

ENTRY = "fmac_ros"


class FormatError(ValueError):
    """Bytes that are not what they should be: truncated, foreign or of another version."""


def pack(kind: str, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, object]) -> bytes:
    """Arrays, and metadata that JSON can hold, as safetensors bytes marked with ``kind``."""
    # One entry only: safetensors writes several in an order that changes from run to run.
    text = {ENTRY: json.dumps({"kind": kind, "metadata": metadata}, sort_keys=True)}
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
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
        entry = json.loads(_text(data).get(ENTRY, "{}"))
        found, metadata = entry.get("kind", "none"), entry.get("metadata", {})
    except (safetensors.SafetensorError, ValueError, KeyError, AttributeError) as error:
        raise FormatError(f"{source} is truncated or not a safetensors file: {error}") from error
    if found != kind:
        raise FormatError(f"{source} is of kind {found!r}, valid: {kind!r}")
    return arrays, metadata


def _text(data: bytes) -> dict[str, str]:
    length = int.from_bytes(data[:8], "little")
    text: dict[str, str] = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    return text
