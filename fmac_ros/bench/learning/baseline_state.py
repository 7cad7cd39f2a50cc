"""What an interrupted baseline goes on from: all that it learned and stored, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from fmac_ros.learning.files import read, write_atomically
from fmac_ros.learning.tensors import pack, unpack

FILE = "baseline.safetensors"


@dataclass(frozen=True)
class Progress:
    """How far a baseline is.

    Attributes:
        elapsed_s: wall time since it began, evaluations included, pauses not [s].
    """

    env_steps: int = 0
    elapsed_s: float = 0.0


class Learning(Protocol):
    """A learner with its replay.

    Attributes:
        kind: which algorithm it is; another's file is refused.
    """

    kind: str

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that the next update depends on but the random numbers."""
        ...

    def restore(self, arrays: Mapping[str, np.ndarray], env_steps: int) -> None:
        """Inverse of :meth:`arrays`, with new random numbers: the episode under way is lost.

        Raises:
            FormatError: these are not arrays of a learner of this size.
        """
        ...


def save_state(folder: Path, learning: Learning, progress: Progress) -> None:
    """Write it; a crash meanwhile leaves what was there before."""
    write_atomically(folder / FILE, pack(learning.kind, learning.arrays(), asdict(progress)))


def load_state(folder: Path, learning: Learning) -> Progress:
    """Restore what the folder has, if anything. Raises FormatError where it is of another run."""
    path = folder / FILE
    if not path.exists():
        return Progress()
    arrays, metadata = unpack(learning.kind, read(path), str(path))
    progress = Progress(**metadata)
    learning.restore(arrays, progress.env_steps)
    return progress
