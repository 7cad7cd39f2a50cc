"""Where a network trains."""

from __future__ import annotations

import torch

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str) -> str:
    """``cpu`` or ``cuda``; ``auto`` is the GPU where torch sees one.

    Raises:
        ValueError: no such name, or no GPU for ``cuda``.
    """
    if name not in DEVICES:
        raise ValueError(f"device is {name!r}, valid: {', '.join(DEVICES)}")
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise ValueError("device is 'cuda', but torch sees no GPU here, valid: auto, cpu")
    return "cuda" if found and name != "cpu" else "cpu"


def name_of(device: str) -> str:
    """The GPU's name, ``cpu`` for the processor."""
    return torch.cuda.get_device_name() if device == "cuda" else device
