"""How much a server takes on."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ServingOptions:
    """Bounds of the queues, the batches and the memory of answers.

    Attributes:
        max_batch: pictures in one call of a model.
        max_queue: requests that wait in one lane; a further one is refused.
        deadline: longest time from a request to its answer [s]; for a video the longest time
            in the queue, and then without progress.
        cache_size: scores of each prior remembered by picture and sentence; 0 for none.
    """

    max_batch: int = 64
    max_queue: int = 64
    deadline: float = 30.0
    cache_size: int = 4096

    def __post_init__(self) -> None:
        for name, least in (("max_batch", 1), ("max_queue", 1), ("cache_size", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}, valid: {least} or more")
        if not (math.isfinite(self.deadline) and self.deadline > 0):
            raise ValueError(f"deadline is {self.deadline} s, valid: above 0")
