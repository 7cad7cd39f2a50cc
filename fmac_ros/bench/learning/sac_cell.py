"""Runs a cell of SAC."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fmac_ros.bench.learning.baseline import BaselineRun, verdict_of
from fmac_ros.bench.learning.cells import Effort
from fmac_ros.bench.learning.evaluations import Point
from fmac_ros.bench.learning.gym_world import GymWorld, LatentSight
from fmac_ros.bench.learning.outcome import Outcome
from fmac_ros.bench.learning.sac import Steps, make_sac
from fmac_ros.bench.learning.sac_state import SacLearning
from fmac_ros.bench.learning.scene import Scene
from fmac_ros.control.proprio import proprio_size

LEARNING_STARTS = 1000  # random actions, by the library's own uniform noise


def run_sac_cell(
    scene: Scene,
    effort: Effort,
    folder: Path,
    on_point: Callable[[Point], None],
    steps: Callable[[int], None],
    stopped: Callable[[], bool],
    note: Callable[[str], None],
) -> Outcome:
    """Train and evaluate, from where the cell's folder left off."""
    settings = scene.settings
    sight = LatentSight(
        scene.priors.priors.encoder, proprio_size(scene.train.controller.space.gripper)
    )
    world = GymWorld(scene.train, sight, settings, verdict_of(scene))
    held_out = GymWorld(scene.evaluation, sight, settings, None, split="eval")
    starts = min(LEARNING_STARTS, effort.env_steps // 2)
    seed = scene.cell.seed
    model = make_sac(world, seed, effort.env_steps, starts, settings["discount"])

    def act(state: Any) -> np.ndarray:
        action: np.ndarray = model.predict(state, deterministic=True)[0]
        return action

    learning = SacLearning(model, seed)
    run = BaselineRun(folder, effort, held_out, act, learning, on_point, steps, stopped, note)

    def every(env_steps: int) -> bool:
        return run.after(env_steps, env_steps > starts)

    begun = run.env_steps
    if every(begun):
        hooks = Steps(every, fitted=begun >= starts)
        left = effort.env_steps - begun
        model.learn(left, callback=hooks, log_interval=10_000, reset_num_timesteps=not begun)
    return run.outcome()
