"""What the runs of baselines share: their success signal, evaluations and end."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fmac_ros.bench.learning.baseline_state import Learning, Progress, load_state, save_state
from fmac_ros.bench.learning.cells import Effort
from fmac_ros.bench.learning.evaluations import Evaluations, Point, Trial
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
    """Evaluates a baseline at intervals and keeps it, from where its folder left off.

    It is kept after each evaluation and where it is stopped.

    Args:
        world: for evaluation, of the held-out layouts.
        learning: is restored here.
        note: told where it goes on.

    Attributes:
        env_steps: steps that it has done.
    """

    def __init__(
        self,
        folder: Path,
        effort: Effort,
        world: GymWorld,
        act: Act,
        learning: Learning,
        on_point: Callable[[Point], None],
        steps: Callable[[int], None],
        stopped: Callable[[], bool],
        note: Callable[[str], None],
    ) -> None:
        self._world, self._act, self._effort = world, act, effort
        self._steps, self._stopped = steps, stopped
        self._folder, self._learning = folder, learning
        kept = load_state(folder, learning)
        if kept.env_steps:
            note(f"goes on after {kept.env_steps} steps")
        self.env_steps = kept.env_steps
        self._began = time.monotonic() - kept.elapsed_s
        self._evaluations = Evaluations(folder, effort, self._evaluate, on_point)
        self._evaluations.forget_after(kept.env_steps)
        self._ended = False

    def after(self, env_steps: int, learned: bool) -> bool:
        """Take note of a step; False where the run shall end.

        Args:
            learned: whether any update was done; nothing is evaluated before.
        """
        self.env_steps = env_steps
        if env_steps % 20 == 0:
            self._steps(env_steps)
        due = learned and self._evaluations.due(env_steps)
        try:
            if due:
                self._evaluations.run(env_steps, self._elapsed_s)
        except Stopped:
            self._ended = True
        self._ended = self._ended or self._stopped()
        if due or self._ended:
            self._save()
        return not self._ended

    def outcome(self) -> Outcome:
        """How it went."""
        seconds = self._elapsed_s - self._evaluations.spent_s
        done = not self._ended and self.env_steps >= self._effort.env_steps
        return Outcome(done, self.env_steps, seconds, self._evaluations.points)

    @property
    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began

    def _save(self) -> None:
        save_state(self._folder, self._learning, Progress(self.env_steps, self._elapsed_s))

    def _evaluate(self) -> list[Trial]:
        found = []
        for layout in range(self._effort.eval_episodes):
            if self._stopped():
                raise Stopped
            found.append(Trial(solves(self._world, self._act, layout)))
        return found
