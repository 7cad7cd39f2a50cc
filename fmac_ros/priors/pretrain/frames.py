"""Arrays with one row a frame, too large for memory: mapped from disk, or held by a GPU."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from fmac_ros.devices import CPU
from fmac_ros.priors.pretrain.videos import read_all_pictures, shard_paths

LARGEST_SHARE = 0.8  # of the free memory of a GPU


class Frames:
    """(N, ...) arrays behind each other, in the rows of a data set's table.

    Args:
        parts: one a shard, all of one form; those mapped from disk stay there.
    """

    def __init__(self, parts: Sequence[np.ndarray]) -> None:
        forms = {(part.dtype, part.shape[1:]) for part in parts}
        if len(forms) != 1:
            names = sorted(f"{dtype} {shape}" for dtype, shape in forms)
            raise ValueError(f"shards hold frames of {', '.join(names)}, valid: one form")
        self._parts = tuple(parts)
        self._starts = np.cumsum([0, *map(len, parts)])
        self._held: torch.Tensor | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, ...) of all frames."""
        return (int(self._starts[-1]), *self._parts[0].shape[1:])

    def hold(self, device: torch.device | str) -> bool:
        """Copy everything to a GPU that has room for it, so that ``take`` no longer waits.

        Gathering rows on the processor takes longer than a GPU's training step.
        """
        device = torch.device(device)
        size = sum(part.nbytes for part in self._parts)
        if device.type != "cuda" or size > LARGEST_SHARE * torch.cuda.mem_get_info(device)[0]:
            return False
        first = torch.from_numpy(self._parts[0][:1].copy())
        self._held = torch.empty(self.shape, dtype=first.dtype, device=device)
        for start, part in zip(self._starts, self._parts, strict=False):
            self._held[start : start + len(part)] = torch.from_numpy(np.array(part)).to(device)
        return True

    def take(self, rows: np.ndarray, device: torch.device = CPU) -> torch.Tensor:
        """The frames of ``rows`` (any shape) in their own type on a device."""
        if self._held is not None and self._held.device.type == device.type:
            return self._held[torch.from_numpy(rows.astype(np.int64)).to(self._held.device)]
        return torch.from_numpy(self._gather(rows.reshape(-1))).to(device).unflatten(0, rows.shape)

    def _gather(self, rows: np.ndarray) -> np.ndarray:
        out = np.empty((len(rows), *self.shape[1:]), self._parts[0].dtype)
        shards = np.searchsorted(self._starts, rows, side="right") - 1
        for shard in np.unique(shards):
            own = shards == shard
            out[own] = self._parts[shard][rows[own] - self._starts[shard]]
        return out


def map_pictures(directory: Path) -> Frames:
    """The (N, h, w, 3) uint8 pictures of a data set, in the rows of its table, left on disk."""
    return Frames([_mapped(path, "pictures") for path in shard_paths(directory)])


def shrunk_pictures(directory: Path, size: int) -> Frames:
    """The same with ``size`` pixels each way for each camera, in memory.

    Raises:
        ValueError: the stored ones are no whole multiple of it.
    """
    _, height, width, _ = map_pictures(directory).shape
    return Frames([read_all_pictures(directory, (size, width * size // height))])


def _mapped(path: Path, name: str) -> np.ndarray:
    """A uint8 tensor of a safetensors file as a memory map, which the library cannot give."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[name]
    if entry["dtype"] != "U8":
        raise ValueError(f"{path} has {name} of type {entry['dtype']}, valid: U8")
    start = 8 + length + entry["data_offsets"][0]
    return np.memmap(path, np.uint8, "r", offset=start, shape=tuple(entry["shape"]))
