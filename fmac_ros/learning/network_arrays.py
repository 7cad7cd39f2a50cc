"""Networks and their optimisers as named arrays, to be saved and to go on from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from fmac_ros.learning.parameters import load_module, module_arrays
from fmac_ros.learning.tensors import FormatError

MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def network_arrays(
    modules: Mapping[str, nn.Module], optimisers: Mapping[str, torch.optim.Optimizer]
) -> dict[str, np.ndarray]:
    """Weights of networks and moments of their optimisers, each after its name."""
    arrays: dict[str, np.ndarray] = {}
    for name, module in modules.items():
        arrays |= module_arrays(name, module)
    for name, optimiser in optimisers.items():
        arrays |= _moments(name, optimiser)
    return arrays


def load_networks(
    modules: Mapping[str, nn.Module],
    optimisers: Mapping[str, torch.optim.Optimizer],
    arrays: Mapping[str, np.ndarray],
    source: str,
) -> None:
    """Inverse of :func:`network_arrays`. Raises FormatError where some are missing."""
    for name, module in modules.items():
        load_module(name, module, arrays, source)
    for name, optimiser in optimisers.items():
        _load_moments(name, optimiser, arrays, source)


def _moments(name: str, optimiser: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """Adam's moments; none before the first update."""
    return {
        f"{name}.{index}.{moment}": values[moment].cpu().numpy()
        for index, values in optimiser.state_dict()["state"].items()
        for moment in MOMENTS
    }


def _load_moments(
    name: str, optimiser: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray], source: str
) -> None:
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    state = {}
    if f"{name}.0.step" in arrays:
        for index in range(len(parameters)):
            state[index] = _load_moment(f"{name}.{index}", arrays, source)
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def _load_moment(
    name: str, arrays: Mapping[str, np.ndarray], source: str
) -> dict[str, torch.Tensor]:
    try:
        return {m: torch.from_numpy(arrays[f"{name}.{m}"].copy()) for m in MOMENTS}
    except KeyError as error:
        raise FormatError(f"{source} lacks {error}") from error
