"""What the runs of baselines share: their success signal, evaluations and end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fmac_ros.bench.learning.cells import Effort
from fmac_ros.bench.learning.evaluations import FILE, Evaluations, Point, Trial
from fmac_ros.bench.learning.gym_world import GymWorld, Verdict
from fmac_ros.bench.learning.outcome import Outcome
from fmac_ros.bench.learning.scene import Scene
from fmac_ros.learning.algorithm import Stopped
from fmac_ros.priors.base import threshold_of

Act = Callable[[Any], np.ndarray]  # the deterministic action of a state


def verdict_of(scene: Scene) -> Verdict:
    """The success prior of a scene, an oracle or not, as a yes or no about a picture."""
    success, task = scene.priors.priors.success, scene.settings["task"]

    def verdict(picture: np.ndarray) -> bool:
        return bool(success.scores(picture[None], task)[0] >= threshold_of(success, task))

    return verdict


def solves(world: GymWorld, act: Act, layout: int) -> bool:
    """Whether a layout is solved, by the ground truth, at any step of an episode."""
    state, _ = world.reset(options={"layout": layout})
    ended = False
    while not (ended or world.solved):
        state, _, terminated, truncated, _ = world.step(act(state))
        ended = terminated or truncated
    return world.solved


class BaselineRun:
    """Evaluates a baseline at intervals; it always begins anew.

    Args:
        world: for evaluation, of the held-out layouts.
        note: told where earlier work is thrown away.
    """

    def __init__(
        self,
        folder: Path,
        effort: Effort,
        world: GymWorld,
        act: Act,
        on_point: Callable[[Point], None],
        steps: Callable[[int], None],
        stopped: Callable[[], bool],
        note: Callable[[str], None],
    ) -> None:
        if (folder / FILE).exists():
            note("was interrupted and starts over")
            (folder / FILE).unlink()
        self._world, self._act, self._effort = world, act, effort
        self._steps, self._stopped = steps, stopped
        self._evaluations = Evaluations(folder, effort, self._evaluate, on_point)
        self._env_steps = 0
        self._ended = False

    def after(self, env_steps: int, learned: bool, elapsed_s: float) -> bool:
        """Take note of a step; False where the run shall end.

        Args:
            learned: whether any update was done; nothing is evaluated before.
        """
        self._env_steps = env_steps
        if env_steps % 20 == 0:
            self._steps(env_steps)
        try:
            if learned and self._evaluations.due(env_steps):
                self._evaluations.run(env_steps, elapsed_s)
        except Stopped:
            self._ended = True
        self._ended = self._ended or self._stopped()
        return not self._ended

    def outcome(self, elapsed_s: float) -> Outcome:
        """How it went."""
        seconds = elapsed_s - self._evaluations.spent_s
        done = not self._ended and self._env_steps >= self._effort.env_steps
        return Outcome(done, self._env_steps, seconds, self._evaluations.points)

    def _evaluate(self) -> list[Trial]:
        found = []
        for layout in range(self._effort.eval_episodes):
            if self._stopped():
                raise Stopped
            found.append(Trial(solves(self._world, self._act, layout)))
        return found
