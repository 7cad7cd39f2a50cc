"""Calls of a model that survive when memory runs out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from fmac_ros.priors.serving.errors import OutOfMemory

# What allocators say that raise a plain RuntimeError: CUDA libraries, torch's CPU allocator.
_SAYINGS = ("out of memory", "can't allocate memory", "not enough memory")

Part = Callable[[int, int], np.ndarray]  # (start, stop) to the answers about those pictures


class Frugal:
    """Halves a batch that does not fit into memory, and stays with what did.

    Args:
        limit: pictures in one call to begin with.
        name: of the prior, in errors.
    """

    def __init__(self, limit: int, name: str) -> None:
        self.limit, self._name = limit, name

    def __call__(self, part: Part, count: int) -> np.ndarray:
        """Answers about ``count`` pictures, asked part by part.

        Raises:
            OutOfMemory: a single picture does not fit.
            Exception: what the model raises otherwise.
        """
        answers: list[np.ndarray] = []
        start = 0
        while start < count or not answers:
            size = min(self.limit, count - start)
            try:
                answers.append(part(start, start + size))
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                self._shrink(size, str(error))
                fits = False
            else:
                start, fits = start + size, True
            if not fits:  # only now is the failed call's memory free
                free_memory()
        return answers[0] if len(answers) == 1 else np.concatenate(answers)

    def _shrink(self, size: int, reason: str) -> None:
        if size <= 1:
            raise OutOfMemory(f"{self._name} ran out of memory on a single picture: {reason}")
        self.limit = size // 2


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory is exhausted, of an accelerator or the machine."""
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error).lower() for said in _SAYINGS)


def free_memory() -> None:
    """Give cached memory back to the accelerator, where there is one."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
