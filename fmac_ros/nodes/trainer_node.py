"""trainer_node: Algorithm 1 in a thread, talking to the robot and the priors through ROS."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rclpy.node import Node

from fmac_ros.learning.algorithm import train
from fmac_ros.learning.algorithms import make_learner
from fmac_ros.learning.files import StoreError
from fmac_ros.learning.tensors import FormatError
from fmac_ros.priors.registry import load_encoder
from fmac_ros.priors.spec import algorithm_label
from fmac_ros.ros.background_run import BackgroundRun
from fmac_ros.ros.calls import Caller, Refused, Unanswered
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.episode_client import EpisodeLost
from fmac_ros.ros.human_audit import HumanQuestions
from fmac_ros.ros.parameters import ParameterError, declare
from fmac_ros.ros.prior_client import RosPriors
from fmac_ros.ros.robot_client import RosRobot
from fmac_ros.ros.run import run_node
from fmac_ros.ros.run_settings import TrainerConfig, open_store
from fmac_ros.ros.threads import one_torch_thread, step_back
from fmac_ros.ros.trainer_hooks import PolicyPublisherHook, RunIdentity, StatusHook
from fmac_ros.trust.audit import HUMAN, PRIORS, Auditor, HumanAudit, ValueAudit
from fmac_ros.types import RolloutSpec

_LASTING = (StoreError, FormatError)  # what the run directory holds is the same next time
_EXPECTED = (*_LASTING, Refused, EpisodeLost, Unanswered, FloatingPointError)


class TrainerNode(Node):
    """Trains one run; the process ends with it, or saves it when it is asked to end."""

    def __init__(self, **options: Any) -> None:
        super().__init__("trainer_node", **options)
        config = declare(self, TrainerConfig)
        self._config = config
        self._open()
        algorithm = algorithm_label(config.algorithm, config.priors)
        identity = RunIdentity(Path(config.run_dir).name, config.task, config.robot, algorithm)
        self._parameters_hook = PolicyPublisherHook(self, identity)
        self._status = StatusHook(self, identity, config.env_steps)
        self._diagnostics = Diagnostics(self)
        self._run = BackgroundRun(self, self._train, self._on_failure, _EXPECTED, _LASTING)
        caller = Caller(self, self._run.stop, self._tell)
        self._robot = RosRobot(self, caller)
        self._priors = RosPriors(self, caller, config.look_ahead, config.seed, config.prior_timeout)
        self._auditor = self._make_auditor(caller)
        self._diagnostics.ok("training")
        self._run.start()

    def _open(self) -> None:
        config = self._config
        try:
            self._train_config = config.train_config()
            learner_config = config.learner_config()
            self._encoder = load_encoder(config.priors)
            sizes = self._encoder.latent_shape, *config.sizes()
            self._store = open_store(config, self._encoder.version)
            self._learner = make_learner(
                config.algorithm, learner_config, *sizes, config.seed, self._store.folder
            )
        except (ValueError, OSError, StoreError) as error:
            raise ParameterError(f"parameters of trainer_node: {error}") from error

    def _make_auditor(self, caller: Caller) -> Auditor | None:
        config = self._config
        if config.audit == HUMAN:
            return HumanAudit(HumanQuestions(self, caller, config.audit_timeout).ask)
        return ValueAudit(config.audit_value) if config.audit == PRIORS else None

    def rollout(self, spec: RolloutSpec) -> Any:
        """Run an episode with the parameters published last, or newer."""
        self._robot.min_policy_version = self._parameters_hook.version
        return self._robot.rollout(spec)

    def _train(self) -> None:
        progress = train(
            robot=self,
            priors=self._priors,
            learner=self._learner,
            encoder=self._encoder,
            store=self._store,
            config=self._train_config,
            hooks=(self._parameters_hook, self._status),
            stop=self._run.stop,
            auditor=self._auditor,
        )
        self._status.publish()
        self.get_logger().info(
            f"{progress.state}: {progress.episodes} episodes, {progress.env_steps} steps, "
            f"saved in {self._store.folder}"
        )

    def _tell(self, detail: str) -> None:
        self._status.waiting(detail)
        if detail:
            self._diagnostics.warn(detail)
        else:
            self._diagnostics.ok("training")

    def _on_failure(self, reason: str) -> None:
        self._diagnostics.error(reason)
        self._status.failed(reason)

    def destroy_node(self) -> None:
        """Save the run, then end the node."""
        self._run.close()
        self._store.close()
        super().destroy_node()


def main() -> int:
    """Run the node until the run is done or it is asked to end; the exit code."""
    one_torch_thread()
    step_back()
    return run_node(TrainerNode)


if __name__ == "__main__":
    sys.exit(main())
