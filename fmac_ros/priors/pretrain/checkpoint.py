"""An interrupted training on disk: weights, optimiser, random state. Safetensors only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

Tensors = dict[str, dict[str, torch.Tensor]]
ADAM = "adam"


class Checkpoint:
    """One file, replaced atomically."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(
        self, groups: Tensors, optimizer: torch.optim.Optimizer, facts: dict[str, Any]
    ) -> None:
        """Write named groups of tensors, the optimiser's moments and JSON-able facts."""
        moments = optimizer.state_dict()["state"]
        adam = {f"{i}.{key}": value for i, state in moments.items() for key, value in state.items()}
        flat = {
            f"{group}/{name}": tensor.contiguous().clone()
            for group, tensors in {**groups, ADAM: adam}.items()
            for name, tensor in tensors.items()
        }
        flat["torch_rng"] = torch.get_rng_state()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        save_file(flat, partial, metadata={"facts": json.dumps(facts)})
        os.replace(partial, self.path)

    def load(
        self, optimizer: torch.optim.Optimizer, model: nn.Module
    ) -> tuple[Tensors, dict[str, Any]]:
        """Return (groups, facts); the optimiser and torch's random state are restored."""
        facts = self.facts()
        with safe_open(self.path, framework="pt") as file:
            flat = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        torch.set_rng_state(flat.pop("torch_rng"))
        groups: Tensors = {}
        for path, tensor in flat.items():
            group, name = path.split("/", 1)
            groups.setdefault(group, {})[name] = tensor
        self._restore(optimizer, groups.pop(ADAM, {}))
        if set(groups["model"]) != set(model.state_dict()):
            raise ValueError(f"{self.path} is of another network; remove it to start afresh")
        return groups, facts

    def facts(self) -> dict[str, Any]:
        """The JSON-able facts alone."""
        with safe_open(self.path, framework="pt") as file:
            facts: dict[str, Any] = json.loads((file.metadata() or {})["facts"])
        return facts

    def _restore(self, optimizer: torch.optim.Optimizer, adam: dict[str, torch.Tensor]) -> None:
        parameters = [weight for group in optimizer.param_groups for weight in group["params"]]
        state: dict[int, dict[str, torch.Tensor]] = {}
        for path, tensor in adam.items():
            index, key = path.split(".", 1)
            state.setdefault(int(index), {})[key] = _laid_as(parameters[int(index)], tensor)
        whole = optimizer.state_dict()
        whole["state"] = state
        optimizer.load_state_dict(whole)


def _laid_as(weight: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """A moment in the memory order of its weight, without which a GPU's fused step refuses it."""
    return torch.empty_like(weight).copy_(tensor) if tensor.shape == weight.shape else tensor
