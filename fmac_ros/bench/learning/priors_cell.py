"""Runs a cell of Algorithm 1: ``train`` on the local robot, evaluated at intervals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from fmac_ros.bench.learning.cells import Effort
from fmac_ros.bench.learning.evaluations import Evaluations, Point, Trial
from fmac_ros.bench.learning.methods import learner_of
from fmac_ros.bench.learning.outcome import Outcome
from fmac_ros.bench.learning.scene import Scene, answered
from fmac_ros.control.proprio import proprio_size
from fmac_ros.learning.algorithm import train
from fmac_ros.learning.algorithms import learner_config, make_learner
from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.config import TrainConfig
from fmac_ros.learning.progress import Progress, Subscriber
from fmac_ros.learning.store import SETTINGS, RunStore
from fmac_ros.phrasing import sentences_of
from fmac_ros.report.history import TRUTH_FILE
from fmac_ros.sim.local_robot import LocalRobot
from fmac_ros.types import Episode, RolloutSpec

RUN = "run"  # folder of the run inside that of its cell
Steps = Callable[[int], None]  # told the environment steps done


class Stop:
    """What ``train`` asks whether it shall end."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self.is_set = stopped


class Watching(Subscriber):
    """Lets a second robot follow the training, and evaluates it when that is due."""

    def __init__(self, robot: LocalRobot, evaluations: Evaluations, steps: Steps) -> None:
        self._robot, self._evaluations, self._steps = robot, evaluations, steps

    def on_parameters(self, version: int, data: bytes) -> None:
        """Evaluate these next."""
        self._robot.on_parameters(version, data)

    def on_progress(self, progress: Progress) -> None:
        """Evaluate between two episodes, once something was learned."""
        if progress.state not in ("collecting", "done"):
            return
        self._steps(progress.env_steps)
        if progress.updates and self._evaluations.due(progress.env_steps):
            self._evaluations.run(progress.env_steps, progress.elapsed_s)


class TruthFile(Subscriber):
    """Keeps the true outcome of each training episode beside the run, for the report alone."""

    def __init__(self, robot: LocalRobot, folder: Path) -> None:
        self._robot, self._path = robot, folder / TRUTH_FILE

    def on_episode(self, episode: Episode, progress: Progress) -> None:
        """Write it down."""
        entry = {"episode_id": episode.id, "success": self._robot.truth.pop(episode.id)}
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")


def run_priors_cell(
    scene: Scene,
    effort: Effort,
    folder: Path,
    on_point: Callable[[Point], None],
    steps: Steps,
    stopped: Callable[[], bool],
    note: Callable[[str], None],
) -> Outcome:
    """Train and evaluate, from where the cell's folder left off."""
    config = _train_config(scene.settings)
    learner = _learner(scene)
    robot, evaluated = scene.robot(), scene.evaluation_robot()
    spec = RolloutSpec(
        "eval",
        config.task,
        config.behaviour,
        config.horizon,
        seed=0,
        deterministic=True,
        stop_on_success=False,
    )

    def evaluate() -> list[Trial]:
        return answered(evaluated, spec, effort.eval_episodes, stopped)

    evaluations = Evaluations(folder, effort, evaluate, on_point)
    store = _open_store(folder / RUN, scene.settings)
    if kept := store.progress().get("env_steps"):
        note(f"goes on after {kept} steps")
    hooks = robot, Watching(evaluated, evaluations, steps), TruthFile(robot, store.folder)
    try:
        progress = train(
            robot,
            scene.priors,
            learner,
            scene.priors.priors.encoder,
            store,
            config,
            hooks,
            Stop(stopped),  # type: ignore[arg-type]
        )
    finally:
        store.close()
    seconds = progress.elapsed_s - evaluations.spent_s
    done = progress.state == "done"
    return Outcome(done, progress.env_steps, seconds, evaluations.points, dict(progress.metrics))


def _train_config(settings: dict[str, Any]) -> TrainConfig:
    """The run of Algorithm 1; one process has one thread, so updates alternate with rollouts."""
    names = {field.name for field in fields(TrainConfig)}
    chosen = {name: value for name, value in settings.items() if name in names}
    return TrainConfig(**{**chosen, "background": False})


def _learner(scene: Scene) -> BaseLearner:
    cell, settings = scene.cell, scene.settings
    algorithm = learner_of(cell.algorithm)
    space = scene.train.controller.space
    shape = scene.priors.priors.encoder.latent_shape
    config = learner_config(algorithm, settings)
    sizes = shape, proprio_size(space.gripper), space.size
    sentences = sentences_of(cell.sentence, scene.priors.priors.text.encode)
    return make_learner(algorithm, config, *sizes, cell.seed, sentences=sentences)


def _open_store(folder: Path, settings: dict[str, Any]) -> RunStore:
    if (folder / SETTINGS).is_file():
        return RunStore.open(folder)
    return RunStore.create(folder, settings)
