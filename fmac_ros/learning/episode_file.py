"""One finished episode, its labels and its latents as safetensors bytes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from fmac_ros.learning.record import Record
from fmac_ros.learning.tensors import FormatError, pack, unpack
from fmac_ros.types import Episode, PriorLabels

KIND = "fmac_ros.episode/1"
EPISODE_ARRAYS = ("pictures", "proprio", "actions")
LABEL_ARRAYS = tuple(field.name for field in fields(PriorLabels))


def pack_record(record: Record) -> bytes:
    """Everything of a record, exactly."""
    arrays = {name: getattr(record.episode, name) for name in EPISODE_ARRAYS}
    arrays |= {name: getattr(record.labels, name) for name in LABEL_ARRAYS}
    metadata = {
        field.name: getattr(record.episode, field.name)
        for field in fields(Episode)
        if field.name not in EPISODE_ARRAYS
    }
    if record.rejected:
        metadata["rejected"] = record.rejected
    return pack(KIND, arrays | {"latents": record.latents}, metadata)


def unpack_record(data: bytes, source: str) -> Record:
    """Inverse of :func:`pack_record`. Raises FormatError, naming ``source``."""
    arrays, metadata = unpack(KIND, data, source)
    try:
        episode: dict[str, Any] = {name: arrays[name] for name in EPISODE_ARRAYS}
        labels = PriorLabels(**{name: arrays[name] for name in LABEL_ARRAYS})
        rejected = str(metadata.pop("rejected", ""))
        return Record(Episode(**metadata, **episode), labels, arrays["latents"], rejected)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{source} is not a whole episode: {error}") from error
