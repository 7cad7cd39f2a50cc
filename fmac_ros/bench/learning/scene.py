"""The world side of a cell: a simulated arm to train on, another one to be evaluated on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fmac_ros import task_setting
from fmac_ros.bench.learning.cells import Cell, Effort
from fmac_ros.bench.learning.evaluations import Trial
from fmac_ros.bench.learning.methods import method_of
from fmac_ros.bench.learning.worlds import WORLDS
from fmac_ros.learning.algorithm import Stopped
from fmac_ros.phrasing import questions
from fmac_ros.priors.imagining import make_targets
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.oracle.truth import TruthLedger
from fmac_ros.priors.registry import load_priors
from fmac_ros.settings import load_defaults
from fmac_ros.sim.local_cell import LocalCell
from fmac_ros.sim.local_robot import LocalRobot, evaluate_layout
from fmac_ros.trust.calibration import ThresholdOptions
from fmac_ros.types import RolloutSpec

PRIORS_FILE = "priors.yaml"


def settings_of(cell: Cell, effort: Effort) -> dict[str, Any]:
    """Every setting of a cell's training: defaults, its method's, the task's, the user's for all
    cells and then for this algorithm.

    Raises:
        ValueError: the user's has a name that no setting has, or two tasks do not go together.
    """
    defaults = load_defaults()
    known = {**defaults.shared, **defaults.nodes["trainer_node"], "stop_on_success": True}
    unknown = sorted(set(effort.settings) - set(known))
    if unknown:
        raise ValueError(f"no setting {unknown[0]!r}, valid: {', '.join(sorted(known))}")
    variant, method = cell.variant, method_of(cell.algorithm)
    own = {
        "task": cell.sentence,
        "robot": cell.arm,
        "seed": cell.seed,
        "env_steps": effort.env_steps,
        "reliability": variant.reliability,
        **{f"use_{kind}": variant.uses(kind) for kind in ("value", "video")},
        "stop_on_success": variant.uses("success"),
        "use_success": variant.uses("success") or cell.algorithm.startswith("fac"),
        **method.settings,
    }
    settings = {**known, **own, **effort.settings}
    needs = WORLDS[cell.world].needs_of(cell.sentence, settings)
    return {**settings, **needs, **effort.settings, **method.changes}


@dataclass(frozen=True)
class Scene:
    """Two worlds of one task and arm, with the priors in this process.

    The layouts and states of one do not depend on the other, so a training is the same
    however often it is evaluated.
    """

    cell: Cell
    settings: dict[str, Any]
    priors: LocalPriors
    train: LocalCell
    evaluation: LocalCell
    ledger: TruthLedger | None

    def robot(self) -> LocalRobot:
        """What is trained on."""
        return self._robot(self.train, self.ledger)

    def evaluation_robot(self) -> LocalRobot:
        """What policies are measured on; it asks no success prior, and no oracle is told."""
        return self._robot(self.evaluation, None)

    def close(self) -> None:
        """End both simulations and the priors."""
        for cell in (self.train, self.evaluation):
            cell.world.close()
        self.priors.priors.close()

    def _robot(self, cell: LocalCell, ledger: TruthLedger | None) -> LocalRobot:
        frames = int(self.settings["success_frames"])
        return LocalRobot(cell.world, cell.controller, self.priors, frames, ledger)


def open_scene(cell: Cell, effort: Effort, folder: Path) -> Scene:
    """Load the priors, set both worlds up.

    Args:
        folder: of the cell; oracles are described in a file there.

    Raises:
        ValueError: a setting is not valid, or an oracle knows nothing of this task.
    """
    settings = settings_of(cell, effort)
    variant = cell.variant
    ledger = TruthLedger(has_progress=True) if variant.oracles else None
    thresholds = ThresholdOptions(settings["success_fpr"], settings["success_fpr_per"])
    spec = variant.save(folder / PRIORS_FILE)
    loaded = load_priors(spec, thresholds, ledger, settings["device"])
    targets = make_targets(settings, loaded.encoder)
    local = LocalPriors(loaded, settings["look_ahead"], cell.seed, targets)
    train, evaluation = (
        _world(cell, settings, ledger, loaded.picture_size[0]) for ledger in (ledger, None)
    )
    for sentence in task_setting.split(cell.sentence):
        train.world.ask(sentence)
        train.world.reset(0)
        if "value" in variant.oracles and train.world.progress() is None:
            raise ValueError(
                f"{cell.world} tells no progress of {sentence!r}, valid with an oracle of value: "
                "press_button and reach in pybullet"
            )
    return Scene(cell, settings, local, train, evaluation, ledger)


def _world(
    cell: Cell, settings: dict[str, Any], ledger: TruthLedger | None, size: int
) -> LocalCell:
    world = WORLDS[cell.world]
    return world.open(cell.sentence, cell.arm, settings["action_space"], size, ledger)


def answered(
    robot: LocalRobot, spec: RolloutSpec, layouts: int, stopped: Callable[[], bool]
) -> list[Trial]:
    """What an evaluation of ``spec`` asks, answered by the ground truth.

    Raises Stopped between two questions.
    """
    trials = []
    for question in questions(spec.task, layouts):
        if stopped():
            raise Stopped
        solved = evaluate_layout(robot, replace(spec, task=question.text), question.layout)
        trials.append(Trial(solved, question.text, question.unseen))
    return trials
