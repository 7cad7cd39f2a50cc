"""How many threads a node's torch uses."""

from __future__ import annotations

import torch


def one_torch_thread() -> None:
    """Leave parallelism to the processes of the graph.

    With two threads each, two busy processes on two cores run ten times slower.
    """
    torch.set_num_threads(1)
