"""stable-baselines3's SAC on latents and proprio, with the eyes of our own policy.

Everything else is that library's default: two critics of 256 x 256, batch 256, learning rate
3e-4, automatic entropy, one update for each environment step. The discount is that of ``fac``. The
entropy's weight starts at 0.01, as in HIL-SERL: with the default of 1, what an episode earns by
going on outweighs the one reward that ends it, and a task that this start solves in 500 steps is
at 0 % after 1,500 (test/test_baselines.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor

from fmac_ros.learning.networks import Standardiser, StateTrunk

Every = Callable[[int], bool]  # told the environment steps; False ends the training


class Eyes(BaseFeaturesExtractor):
    """The trunk of our policy as a feature extractor: (b, c, h, w), (b, p) -> (b, 256)."""

    WIDTH = 256

    def __init__(self, observation_space: gymnasium.spaces.Dict) -> None:
        super().__init__(observation_space, self.WIDTH)
        latent, proprio = (observation_space[name].shape for name in ("latent", "proprio"))
        assert latent is not None and proprio is not None
        self.latent, self.proprio = Standardiser(latent), Standardiser(proprio)
        self.trunk = StateTrunk((latent[0], latent[1], latent[2]), proprio[0], self.WIDTH)

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Features of a batch of states."""
        features: Tensor = self.trunk(
            self.latent(observations["latent"]), self.proprio(observations["proprio"])
        )
        return features


class Steps(BaseCallback):
    """Fits the input scales once play is over, as our learners do, and calls at every step.

    Args:
        fitted: whether they are fitted already.
    """

    def __init__(self, every: Every, fitted: bool = False) -> None:
        super().__init__()
        self._every, self._fitted = every, fitted

    def _on_step(self) -> bool:
        if not self._fitted and self.num_timesteps >= self.model.learning_starts:  # type: ignore[attr-defined]
            fit_scales(self.model)  # type: ignore[arg-type]
            self._fitted = True
        return self._every(self.num_timesteps)


def fit_scales(model: SAC) -> None:
    """Fit every extractor's input scales on the states in the replay buffer."""
    buffer: Any = model.replay_buffer
    count = buffer.size()
    stored = {n: torch.as_tensor(a[:count, 0]) for n, a in buffer.observations.items()}
    modules = (model.actor, model.critic, model.critic_target)
    for eyes in (part for module in modules for part in module.modules() if isinstance(part, Eyes)):
        eyes.latent.fit(stored["latent"])
        eyes.proprio.fit(stored["proprio"])


def make_sac(
    env: gymnasium.Env,
    seed: int,
    env_steps: int,
    learning_starts: int,
    discount: float,
    **others: Any,
) -> SAC:
    """SAC before its first step; ``others`` are of stable-baselines3's own constructor."""
    return SAC(
        "MultiInputPolicy",
        env,
        gamma=discount,
        buffer_size=min(50_000, env_steps),
        learning_starts=learning_starts,
        policy_kwargs={"features_extractor_class": Eyes},
        seed=seed,
        device="cpu",
        **{"ent_coef": "auto_0.01", **others},
    )
