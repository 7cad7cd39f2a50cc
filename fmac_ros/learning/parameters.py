"""Weights of pi and rho as bytes: what the trainer publishes and the policy node loads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from fmac_ros.learning.critic import TwinCritic
from fmac_ros.learning.inverse_dynamics import InverseDynamics
from fmac_ros.learning.policy import Policy
from fmac_ros.learning.sentences import Sentences
from fmac_ros.learning.tensors import FormatError, pack, unpack

KIND = "fmac_ros.parameters/1"
SENTENCES = "sentences"


class Parameters(NamedTuple):
    """What acts: pi, rho, the updates behind them, and what only some policies have."""

    policy: Policy
    rho: InverseDynamics
    version: int
    critic: TwinCritic | None
    sentences: Sentences | None


def module_arrays(prefix: str, module: nn.Module) -> dict[str, np.ndarray]:
    """Weights and buffers of a module as arrays named ``prefix.<name>``."""
    return {f"{prefix}.{name}": value.cpu().numpy() for name, value in module.state_dict().items()}


def load_module(
    prefix: str, module: nn.Module, arrays: Mapping[str, np.ndarray], source: str
) -> None:
    """Inverse of :func:`module_arrays`. Raises FormatError where names or shapes differ."""
    loaded = {}
    for name, current in module.state_dict().items():
        array = arrays.get(f"{prefix}.{name}")
        if array is None or array.shape != tuple(current.shape):
            found = "missing" if array is None else f"of shape {array.shape}"
            raise FormatError(
                f"{source}: {prefix}.{name} is {found}, valid: shape {tuple(current.shape)}"
            )
        if not np.isfinite(array).all():
            raise FormatError(f"{source}: {prefix}.{name} holds non-finite values")
        loaded[name] = torch.from_numpy(array.copy())
    module.load_state_dict(loaded)


def pack_parameters(
    policy: Policy,
    rho: InverseDynamics,
    version: int,
    critic: TwinCritic | None = None,
    sentences: Sentences | None = None,
) -> bytes:
    """The networks and their sizes; ``version`` is the number of updates behind them.

    Args:
        critic: chooses between the actions of ``policy`` and ``rho``; None where none does.
        sentences: that the policy can be told; None for a policy of one sentence.
    """
    channels, height, width = policy.latent.mean.shape
    metadata: dict[str, Any] = {
        "version": version,
        "latent_shape": [channels, height, width],
        "proprio_size": policy.proprio.mean.numel(),
        "action_size": policy.head.linear.out_features // 2,
    }
    arrays = module_arrays("policy", policy) | module_arrays("rho", rho)
    if critic is not None:
        arrays |= module_arrays("critic", critic)
    if sentences is not None:
        metadata[SENTENCES] = sentences.tasks
        arrays[SENTENCES] = sentences.embeddings
    return pack(KIND, arrays, metadata)


def unpack_parameters(data: bytes) -> Parameters:
    """Inverse of :func:`pack_parameters`. Raises FormatError on anything else."""
    source = "policy parameters"
    arrays, metadata = unpack(KIND, data, source)
    try:
        channels, height, width = (int(size) for size in metadata["latent_shape"])
        shape = channels, height, width
        sizes = int(metadata["proprio_size"]), int(metadata["action_size"])
        version = int(metadata["version"])
        sentences = _sentences(arrays, metadata)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{source} do not say their sizes: {error}") from error
    told = 0 if sentences is None else sentences.embeddings.shape[1]
    policy, rho = Policy(shape, *sizes, told), InverseDynamics(shape, *sizes)
    load_module("policy", policy, arrays, source)
    load_module("rho", rho, arrays, source)
    critic = None
    if any(name.startswith("critic.") for name in arrays):
        critic = TwinCritic(shape, *sizes, told).eval()
        load_module("critic", critic, arrays, source)
    return Parameters(policy.eval(), rho.eval(), version, critic, sentences)


def _sentences(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> Sentences | None:
    if SENTENCES not in metadata:
        return None
    tasks = tuple(tuple(str(text) for text in wordings) for wordings in metadata[SENTENCES])
    return Sentences(tasks, arrays[SENTENCES])
