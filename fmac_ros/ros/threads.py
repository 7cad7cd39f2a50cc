"""How a node shares the machine with the others."""

from __future__ import annotations

import os

import torch

NICENESS = 10


def one_torch_thread() -> None:
    """Leave parallelism to the processes of the graph.

    With two threads each, two busy processes on two cores run ten times slower.
    """
    torch.set_num_threads(1)


def step_back() -> None:
    """Let the nodes that move the arm go first: for those whose work may wait.

    An update of the learner takes longer than a command may, and they share few cores.
    """
    os.nice(NICENESS)
