"""The devices that torch can compute on here."""

from __future__ import annotations

import torch
from torch import nn

CPU = torch.device("cpu")


def pick_device(name: str) -> torch.device:
    """The torch device of a name; ``auto`` is the fastest one.

    Raises:
        ValueError: it is not one of this machine's.
    """
    here = _devices()
    if name == "auto":
        return torch.device(here[0])
    if f"{name}:0" in here:
        name = f"{name}:0"
    if name not in here:
        raise ValueError(f"device is {name!r}, valid on this machine: auto, {', '.join(here)}")
    return torch.device(name)


def _devices() -> list[str]:
    """Names of the devices that torch can use here, the fastest first."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def device_of(model: nn.Module) -> torch.device:
    """Where a network's weights are; the CPU for one that has none."""
    return next((weights.device for weights in model.parameters()), CPU)
