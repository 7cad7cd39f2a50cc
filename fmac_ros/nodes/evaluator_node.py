"""evaluator_node: compares what the graph does with the simulator's ground truth.

``mode: evaluate`` runs a trained policy on held-out layouts and writes the result. A real table
has no ground truth: there ``judge: person`` asks a person about every episode.
``mode: observe`` listens to a training run and logs true beside claimed success.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rclpy.node import Node

from fmac_ros.learning.actor import Actor
from fmac_ros.learning.config import TRAIN_BEHAVIOURS
from fmac_ros.learning.files import StoreError
from fmac_ros.learning.store import RunStore
from fmac_ros.learning.tensors import FormatError
from fmac_ros.priors.spec import EMBEDDED, algorithm_label
from fmac_ros.report.history import TRUTH_FILE
from fmac_ros.ros.background_run import BackgroundRun
from fmac_ros.ros.calls import Caller, Refused
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.episode_client import EpisodeLost
from fmac_ros.ros.evaluation import Evaluation, Plan
from fmac_ros.ros.judges import JUDGES, PERSON, TRUTH, Judge, PersonJudge, TruthJudge
from fmac_ros.ros.parameters import ParameterError, declare, parameter
from fmac_ros.ros.run import run_node
from fmac_ros.ros.threads import one_torch_thread
from fmac_ros.ros.trainer_hooks import PolicyPublisherHook, RunIdentity
from fmac_ros.ros.truth import TruthLog

MODES = ("evaluate", "observe")


@dataclass(frozen=True)
class EvaluatorConfig:
    """Parameters of evaluator_node."""

    mode: str = parameter("evaluate", description="run an evaluation, or observe", choices=MODES)
    task: str = parameter("", description="sentence to evaluate; empty for the run's own")
    behaviour: str = parameter("policy", description="who acts", choices=TRAIN_BEHAVIOURS)
    horizon: int = parameter(40, description="time limit of an episode [steps]", minimum=1)
    episodes: int = parameter(50, description="held-out layouts", minimum=1)
    checkpoint: str = parameter("", description="run directory whose policy is evaluated")
    result_file: str = parameter("", description="file the result is written to, JSON")
    run_dir: str = parameter("", description="run directory that is observed")
    judge: str = parameter(
        TRUTH, description="who says what is solved: the simulator, or a person", choices=JUDGES
    )
    answer_timeout: float = parameter(
        60.0,
        description="longest wait for a person's answer [s]; then the success prior's word stands",
        minimum=1.0,
        maximum=3600.0,
    )

    def __post_init__(self) -> None:
        needed = ("checkpoint", "result_file") if self.mode == "evaluate" else ("run_dir",)
        missing = [name for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"mode {self.mode!r} needs {' and '.join(missing)}")


class EvaluatorNode(Node):
    """Evaluates or observes; an evaluation ends the process."""

    def __init__(self, **options: Any) -> None:
        super().__init__("evaluator_node", **options)
        self._config = config = declare(self, EvaluatorConfig)
        self._diagnostics = Diagnostics(self)
        self._run: BackgroundRun | None = None
        if config.mode == "observe":
            self._log = TruthLog(self, Path(config.run_dir) / TRUTH_FILE)
            self._diagnostics.ok("observing")
            return
        expected = (EpisodeLost, Refused, OSError)
        self._run = BackgroundRun(self, self._evaluate, self._diagnostics.error, expected)
        caller = Caller(self, self._run.stop, self._tell)
        self._evaluation = Evaluation(self, caller, self._plan(), self._judge(caller))
        self._run.start()

    def _plan(self) -> Plan:
        """Load the policy, publish it, and say what to run it on."""
        config = self._config
        try:
            store = RunStore.open(Path(config.checkpoint), writable=False)
            settings, data = store.settings, store.parameters()
            version = Actor.from_bytes(data).version
        except (StoreError, FormatError) as error:
            raise ParameterError(f"parameter 'checkpoint' of evaluator_node: {error}") from error
        task = config.task or str(settings["task"])
        robot = str(settings["robot"])
        algorithm = algorithm_label(
            str(settings["algorithm"]), str(settings.get("priors", EMBEDDED))
        )
        identity = RunIdentity(Path(config.checkpoint).name, task, robot, algorithm)
        self._publisher = PolicyPublisherHook(self, identity)
        self._publisher.on_parameters(version, data)
        return Plan(
            task=task,
            behaviour=config.behaviour,
            horizon=config.horizon,
            episodes=config.episodes,
            policy_version=version,
            result_file=Path(config.result_file),
        )

    def _judge(self, caller: Caller) -> Judge:
        if self._config.judge == PERSON:
            return PersonJudge(self, caller, self._config.answer_timeout)
        return TruthJudge(self)

    def _evaluate(self) -> None:
        successes, episodes = self._evaluation.run()
        self.get_logger().info(
            f"{successes} of {episodes} layouts solved, written to {self._config.result_file}"
        )

    def _tell(self, detail: str) -> None:
        self._diagnostics.ok(detail or self._evaluation.progress)

    def destroy_node(self) -> None:
        """End the evaluation, then the node."""
        if self._run is not None:
            self._run.close()
        super().destroy_node()


def main() -> int:
    """Run the node until the evaluation is done or it is asked to end; the exit code."""
    one_torch_thread()
    return run_node(EvaluatorNode)


if __name__ == "__main__":
    sys.exit(main())
