"""Weights of pi and rho as bytes: what the trainer publishes and the policy node loads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from fmac_ros.learning.critic import TwinCritic
from fmac_ros.learning.inverse_dynamics import InverseDynamics
from fmac_ros.learning.policy import Policy
from fmac_ros.learning.tensors import FormatError, pack, unpack

KIND = "fmac_ros.parameters/1"


def module_arrays(prefix: str, module: nn.Module) -> dict[str, np.ndarray]:
    """Weights and buffers of a module as arrays named ``prefix.<name>``."""
    return {f"{prefix}.{name}": value.numpy() for name, value in module.state_dict().items()}


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
    policy: Policy, rho: InverseDynamics, version: int, critic: TwinCritic | None = None
) -> bytes:
    """The networks and their sizes; ``version`` is the number of updates behind them.

    Args:
        critic: chooses between the actions of ``policy`` and ``rho``; None where none does.
    """
    channels, height, width = policy.latent.mean.shape
    metadata = {
        "version": version,
        "latent_shape": [channels, height, width],
        "proprio_size": policy.proprio.mean.numel(),
        "action_size": policy.head.linear.out_features // 2,
    }
    arrays = module_arrays("policy", policy) | module_arrays("rho", rho)
    if critic is not None:
        arrays |= module_arrays("critic", critic)
    return pack(KIND, arrays, metadata)


def unpack_parameters(data: bytes) -> tuple[Policy, InverseDynamics, int, TwinCritic | None]:
    """Inverse of :func:`pack_parameters`. Raises FormatError on anything else."""
    source = "policy parameters"
    arrays, metadata = unpack(KIND, data, source)
    try:
        channels, height, width = (int(size) for size in metadata["latent_shape"])
        sizes = int(metadata["proprio_size"]), int(metadata["action_size"])
        version = int(metadata["version"])
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{source} do not say their sizes: {error}") from error
    policy = Policy((channels, height, width), *sizes)
    rho = InverseDynamics((channels, height, width), *sizes)
    load_module("policy", policy, arrays, source)
    load_module("rho", rho, arrays, source)
    if not any(name.startswith("critic.") for name in arrays):
        return policy.eval(), rho.eval(), version, None
    critic = TwinCritic((channels, height, width), *sizes)
    load_module("critic", critic, arrays, source)
    return policy.eval(), rho.eval(), version, critic.eval()
