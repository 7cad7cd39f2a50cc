"""Weights of the embedded priors on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

# Weights are stored in half precision and run in single; the loader for machines with too
# little memory would need the accelerate package.
DIFFUSERS_LOADING = {"torch_dtype": torch.float32, "low_cpu_mem_usage": False}


def version_of(folder: Path) -> str:
    """Short fingerprint of the weights below a directory."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
