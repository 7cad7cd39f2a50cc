"""Updates per second of our learners beside stable-baselines3's SAC.

Equal network and batch: SAC's actor and critics see through the trunk of our policy
(``bench.learning.sac``), with two layers of 256 behind it, as our critic has. All learn from the
same made-up transitions: what is in them does not change how long an update takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from stable_baselines3 import SAC
from stable_baselines3.common.logger import Logger

from fmac_ros.bench.learning.sac import make_sac
from fmac_ros.bench.speed.turns import Row, in_turn, ratio
from fmac_ros.learning.algorithms import learner_config, make_learner
from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.config import ALGORITHMS
from fmac_ros.learning.networks import LatentShape
from fmac_ros.learning.record import Record
from fmac_ros.types import Episode, PriorLabels

LATENT: LatentShape = (8, 8, 16)  # of the shipped priors, two cameras
PROPRIO, ACTION = 6, 3
EPISODES, STEPS = 50, 40
UPDATES = 10  # in one turn
TARGET = 1.5


def measure_learners(batch_size: int, repeats: int, tell: Callable[[str], None]) -> list[Row]:
    """One row for each of our algorithms."""
    sac = filled_sac(batch_size)
    workers: dict[str, Callable[[], int]] = {"sac": lambda: _train(sac, batch_size)}
    for algorithm in ALGORITHMS:
        learner = filled_learner(algorithm, batch_size)
        workers[algorithm] = lambda learner=learner: _update(learner)  # type: ignore[misc]
    tell(f"{repeats} turns of {UPDATES} updates each, batch {batch_size}: {', '.join(workers)}")
    rates = in_turn(workers, repeats)
    return [_row(algorithm, rates, batch_size) for algorithm in ALGORITHMS]


def filled_learner(algorithm: str, batch_size: int) -> BaseLearner:
    """A learner with some episodes in its replay buffer."""
    config = learner_config(algorithm, {"batch_size": batch_size})
    learner = make_learner(algorithm, config, LATENT, PROPRIO, ACTION, seed=0)
    for seed in range(EPISODES):
        learner.add(_record(seed))
    return learner


def filled_sac(batch_size: int) -> SAC:
    """stable-baselines3's SAC with as much in its own."""
    model = make_sac(_Made(), 0, EPISODES * STEPS, 0, 0.97, batch_size=batch_size)
    model.set_logger(Logger(folder=None, output_formats=[]))
    buffer: Any = model.replay_buffer
    env = _Made()
    rng = np.random.default_rng(0)
    for _ in range(EPISODES * STEPS):
        state, after = env.draw(rng), env.draw(rng)
        action = rng.uniform(-1, 1, (1, ACTION)).astype(np.float32)
        buffer.add(state, after, action, np.zeros(1), np.zeros(1), [{}])
    return model


def _train(model: SAC, batch_size: int) -> int:
    model.train(gradient_steps=UPDATES, batch_size=batch_size)
    return UPDATES


def _update(learner: BaseLearner) -> int:
    learner.update(UPDATES)
    return UPDATES


def _row(algorithm: str, rates: dict[str, np.ndarray], batch_size: int) -> Row:
    own, other = rates[algorithm], rates["sac"]
    return {
        "what": f"{algorithm}, updates",
        "beside": "SAC of stable-baselines3",
        "batch_size": batch_size,
        "per_s": float(np.median(own)),
        "beside_per_s": float(np.median(other)),
        "target": TARGET,
        **ratio(own, other),
    }


class _Made(gymnasium.Env):
    """Spaces like those of the simulated arm; nothing ever happens in it."""

    def __init__(self) -> None:
        endless: dict[str, Any] = {"low": -np.inf, "high": np.inf, "dtype": np.float32}
        self.observation_space = spaces.Dict(
            {
                "latent": spaces.Box(shape=LATENT, **endless),
                "proprio": spaces.Box(shape=(PROPRIO,), **endless),
            }
        )
        self.action_space = spaces.Box(-1.0, 1.0, (ACTION,), np.float32)

    def draw(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """One made-up state, as a batch of one."""
        latent = rng.standard_normal((1, *LATENT)).astype(np.float32)
        return {"latent": latent, "proprio": rng.standard_normal((1, PROPRIO)).astype(np.float32)}


def _record(seed: int) -> Record:
    rng = np.random.default_rng(seed)
    episode = Episode(
        id=str(seed),
        task="",
        pictures=np.zeros((STEPS + 1, 1, 1, 3), np.uint8),
        proprio=rng.standard_normal((STEPS + 1, PROPRIO)).astype(np.float32),
        actions=rng.uniform(-1, 1, (STEPS, ACTION)).astype(np.float32),
        terminated=seed % 2 == 0,
        truncated=seed % 2 == 1,
        behaviour="policy",
        policy_version=0,
    )
    numbers = rng.random((2, STEPS + 1)).astype(np.float32)
    labels = PriorLabels(
        values=numbers[0],
        successes=np.zeros(STEPS + 1, np.float32),
        success_scores=numbers[1],
        imagined=rng.standard_normal((STEPS, *LATENT)).astype(np.float16),
    )
    latents = rng.standard_normal((STEPS + 1, *LATENT)).astype(np.float16)
    return Record(episode, labels, latents)
