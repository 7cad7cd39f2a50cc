"""Runs a cell of DrQ-v2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from fmac_ros.bench.learning.baseline import BaselineRun, verdict_of
from fmac_ros.bench.learning.cells import Effort
from fmac_ros.bench.learning.drqv2 import DrQ, DrQConfig
from fmac_ros.bench.learning.evaluations import Point
from fmac_ros.bench.learning.gym_world import GymWorld, PixelSight
from fmac_ros.bench.learning.outcome import Outcome
from fmac_ros.bench.learning.pixel_replay import PixelReplay
from fmac_ros.bench.learning.scene import Scene
from fmac_ros.devices import CPU, pick_device
from fmac_ros.learning.network_arrays import load_networks, network_arrays
from fmac_ros.learning.tensors import FormatError


def run_pixels_cell(
    scene: Scene,
    effort: Effort,
    folder: Path,
    on_point: Callable[[Point], None],
    steps: Callable[[int], None],
    stopped: Callable[[], bool],
    note: Callable[[str], None],
) -> Outcome:
    """Train and evaluate, from where the cell's folder left off."""
    # Its updates take as long as its pictures are large: it sees what the latents are made of.
    size = scene.priors.priors.encoder.picture_size[0]
    sight = PixelSight(len(scene.train.world.camera_names), size)
    world = GymWorld(scene.train, sight, scene.settings, verdict_of(scene))
    held_out = GymWorld(scene.evaluation, sight, scene.settings, None, split="eval")
    config = DrQConfig()
    config = replace(config, seed_steps=min(config.seed_steps, effort.env_steps // 2))
    device = pick_device(scene.settings["device"])
    trainer = PixelTrainer(world, config, effort.env_steps, scene.cell.seed, device)
    eyes = Eyes(held_out, trainer.agent)
    run = BaselineRun(folder, effort, eyes, eyes.act, trainer, on_point, steps, stopped, note)  # type: ignore[arg-type]
    if run.after(run.env_steps, run.env_steps > config.seed_steps):
        trainer.train(run.after)
    return run.outcome()


class PixelTrainer:
    """The loop: act, store, update. Its state is as of ``baseline_state.Learning``.

    Attributes:
        agent: what learns.
    """

    kind = "drqv2"

    def __init__(
        self,
        world: GymWorld,
        config: DrQConfig,
        env_steps: int,
        seed: int,
        device: torch.device = CPU,
    ) -> None:
        shape, actions = world.observation_space.shape, world.action_space.shape
        assert shape is not None and actions is not None
        self._world, self._config, self._env_steps, self._seed = world, config, env_steps, seed
        stacked = (config.stack * shape[0], shape[1], shape[2])
        self.agent = DrQ(config, stacked, actions[0], env_steps, seed, device)
        # Every episode has one state more than steps; none is shorter than a step.
        self._replay = PixelReplay(2 * env_steps + 2, shape, actions[0], config.stack, device)
        self._begun = 0

    def train(self, after: Callable[[int, bool], bool]) -> None:
        """Run to the end; ``after`` every step is told the steps, and whether updates began."""
        picture, _ = self._world.reset(seed=self._seed + self._begun)
        self._replay.start(picture)
        for done in range(self._begun, self._env_steps):
            action = self.agent.act(self._replay.stacked(), done, explore=True)
            picture, reward, terminated, truncated, _ = self._world.step(action)
            self._replay.add(action, reward, terminated, picture)
            learns = done >= self._config.seed_steps
            if learns and done % self._config.update_every == 0:
                self.agent.update(self._replay, done)
            if not after(done + 1, learns):
                return
            if terminated or truncated:
                self._replay.start(self._world.reset()[0])

    def arrays(self) -> dict[str, np.ndarray]:
        """Networks, optimisers and replay."""
        arrays = {f"replay.{name}": array for name, array in self._replay.arrays().items()}
        return arrays | network_arrays(self.agent.modules(), self.agent.optimisers())

    def restore(self, arrays: Mapping[str, np.ndarray], env_steps: int) -> None:
        """As of ``Learning``."""
        source = "the state of DrQ-v2"
        load_networks(self.agent.modules(), self.agent.optimisers(), arrays, source)
        stored = {
            name.removeprefix("replay."): array
            for name, array in arrays.items()
            if name.startswith("replay.")
        }
        try:
            self._replay.restore(stored)
        except (KeyError, ValueError) as error:
            raise FormatError(f"{source} lacks its replay: {error}") from error
        self._begun = env_steps
        self.agent.seed(self._seed + env_steps)


class Eyes:
    """A world whose states are stacks of pictures, for evaluation."""

    def __init__(self, world: GymWorld, agent: DrQ) -> None:
        self._world, self._agent = world, agent
        self._seen: list[np.ndarray] = []

    @property
    def solved(self) -> bool:
        """Ground truth of the episode."""
        return self._world.solved

    def reset(self, **options: object) -> tuple[np.ndarray, dict]:
        """As of ``GymWorld``."""
        picture, info = self._world.reset(**options)  # type: ignore[arg-type]
        self._seen = [picture] * self._agent.config.stack
        return np.concatenate(self._seen), info

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        """As of ``GymWorld``."""
        picture, *rest = self._world.step(action)
        self._seen = [*self._seen[1:], picture]
        return np.concatenate(self._seen), *rest  # type: ignore[return-value]

    def act(self, stacked: np.ndarray) -> np.ndarray:
        """The agent's action without noise."""
        return self._agent.act(stacked, 0, explore=False)
