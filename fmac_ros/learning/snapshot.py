"""The learner's whole state as safetensors bytes: weights, optimisers, random generators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from fmac_ros.learning.parameters import load_module, module_arrays
from fmac_ros.learning.tensors import FormatError, pack, unpack

if TYPE_CHECKING:
    from fmac_ros.learning.base_learner import BaseLearner

MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def snapshot_learner(learner: BaseLearner) -> bytes:
    """Everything that the next update depends on, but for the replay buffer."""
    arrays: dict[str, np.ndarray] = {"noise": learner.noise.get_state().numpy()}
    for name, module in learner.modules().items():
        arrays |= module_arrays(name, module)
    for name, optimiser in learner.optimisers().items():
        arrays |= moment_arrays(name, optimiser)
    metadata = {"updates": learner.updates, "rng": learner.rng.bit_generator.state}
    return pack(learner.kind, arrays, metadata)


def restore_learner(learner: BaseLearner, data: bytes) -> None:
    """Inverse of :func:`snapshot_learner`, on a learner of the same sizes."""
    source = "learner state"
    arrays, metadata = unpack(learner.kind, data, source)
    for name, module in learner.modules().items():
        load_module(name, module, arrays, source)
    for name, optimiser in learner.optimisers().items():
        load_moments(name, optimiser, arrays, source)
    try:
        learner.noise.set_state(torch.from_numpy(arrays["noise"].copy()))
        learner.rng.bit_generator.state = metadata["rng"]
        learner.updates = int(metadata["updates"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise FormatError(f"{source} lacks its counters or generators: {error}") from error


def moment_arrays(name: str, optimiser: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """Adam's moments as arrays named ``name.<index>.<moment>``; none before the first update."""
    return {
        f"{name}.{index}.{moment}": values[moment].cpu().numpy()
        for index, values in optimiser.state_dict()["state"].items()
        for moment in MOMENTS
    }


def load_moments(
    name: str, optimiser: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray], source: str
) -> None:
    """Inverse of :func:`moment_arrays`. Raises FormatError where some are missing."""
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
