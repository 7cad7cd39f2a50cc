"""stable-baselines3's SAC with its replay, as arrays and back: nothing is unpickled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3 import SAC

from fmac_ros.learning.network_arrays import load_networks, network_arrays
from fmac_ros.learning.tensors import FormatError

SOURCE = "the state of SAC"
ENTROPY, STORED = "log_ent_coef", "stored"


class SacLearning:
    """As of ``baseline_state.Learning``.

    Args:
        seed: of the run; with the steps it seeds what comes after a pause.
    """

    kind = "sac"

    def __init__(self, model: SAC, seed: int) -> None:
        self._model, self._seed = model, seed

    def arrays(self) -> dict[str, np.ndarray]:
        """Networks, optimisers, the entropy's weight, and the replay as far as it is filled."""
        model, buffer = self._model, self._buffer
        arrays = network_arrays({"policy": model.policy}, self._optimisers())
        arrays[ENTROPY] = model.log_ent_coef.detach().numpy()  # type: ignore[union-attr]
        arrays |= {f"replay.{name}": array[: buffer.size()] for name, array in self._stored()}
        arrays[STORED] = np.array([buffer.pos, buffer.full], np.int64)
        return arrays

    def restore(self, arrays: Mapping[str, np.ndarray], env_steps: int) -> None:
        """As of ``Learning``."""
        model, buffer = self._model, self._buffer
        load_networks({"policy": model.policy}, self._optimisers(), arrays, SOURCE)
        try:
            with torch.no_grad():
                model.log_ent_coef.copy_(torch.from_numpy(arrays[ENTROPY]))  # type: ignore[union-attr]
            for name, array in self._stored():
                kept = arrays[f"replay.{name}"]
                array[: len(kept)] = kept
            pos, full = arrays[STORED].tolist()
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise FormatError(
                f"{SOURCE} lacks its replay or the entropy's weight: {error}"
            ) from error
        buffer.pos, buffer.full = pos, bool(full)
        model.num_timesteps = env_steps
        model.set_random_seed(self._seed + env_steps)

    @property
    def _buffer(self) -> Any:
        return self._model.replay_buffer

    def _optimisers(self) -> dict[str, torch.optim.Optimizer]:
        model = self._model
        assert model.ent_coef_optimizer is not None  # the entropy's weight is learned
        return {
            "actor_optimiser": model.actor.optimizer,
            "critic_optimiser": model.critic.optimizer,
            "entropy_optimiser": model.ent_coef_optimizer,
        }

    def _stored(self) -> Iterator[tuple[str, np.ndarray]]:
        """The replay's own arrays, by name."""
        buffer = self._buffer
        for name in ("observations", "next_observations"):
            for part, array in getattr(buffer, name).items():
                yield f"{name}.{part}", array
        for name in ("actions", "rewards", "dones", "timeouts"):
            yield name, getattr(buffer, name)
