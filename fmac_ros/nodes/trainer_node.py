"""trainer_node: Algorithm 1 in a thread, talking to the robot and the priors through ROS."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

from rclpy.node import Node

from fmac_ros.learning.algorithm import train
from fmac_ros.learning.files import StoreError
from fmac_ros.learning.pair import train_pair
from fmac_ros.learning.progress import Progress
from fmac_ros.learning.tensors import FormatError
from fmac_ros.priors.imagining import make_targets
from fmac_ros.priors.registry import load_encoder
from fmac_ros.ros.background_run import BackgroundRun
from fmac_ros.ros.calls import Caller, Refused, Unanswered
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.episode_client import EpisodeLost
from fmac_ros.ros.human_audit import HumanQuestions
from fmac_ros.ros.parameters import ParameterError, declare
from fmac_ros.ros.prior_client import RosPriors
from fmac_ros.ros.robot_client import RosRobot
from fmac_ros.ros.run import run_node
from fmac_ros.ros.run_parts import RunParts, configurations
from fmac_ros.ros.run_settings import TrainerConfig
from fmac_ros.ros.threads import one_torch_thread, step_back
from fmac_ros.ros.trainer_hooks import PolicyPublisherHook
from fmac_ros.ros.turns import Turns
from fmac_ros.trust.audit import HUMAN, PRIORS, Auditor, HumanAudit, ValueAudit
from fmac_ros.types import RolloutSpec

_LASTING = (StoreError, FormatError)  # what the run directory holds is the same next time
_EXPECTED = (*_LASTING, Refused, EpisodeLost, Unanswered, FloatingPointError)


class TrainerNode(Node):
    """Trains one run, or a pair; the process ends with it, or saves it when asked to end."""

    def __init__(self, **options: Any) -> None:
        super().__init__("trainer_node", **options)
        config = declare(self, TrainerConfig)
        self._config = config
        self._open()
        self._parameters_hook: PolicyPublisherHook | Turns = (
            PolicyPublisherHook(self, self._sides[0].identity)
            if len(self._sides) == 1
            else Turns(self, self._sides)
        )
        self._diagnostics = Diagnostics(self)
        self._run = BackgroundRun(self, self._train, self._on_failure, _EXPECTED, _LASTING)
        caller = Caller(self, self._run.stop, self._tell)
        self._robot = RosRobot(self, caller)
        self._priors = RosPriors(
            self,
            caller,
            config.look_ahead,
            config.seed,
            config.prior_timeout,
            targets=make_targets(asdict(config), self._encoder),
        )
        self._auditor = self._make_auditor(caller)
        self._diagnostics.ok("training")
        self._run.start()

    def _open(self) -> None:
        self._sides: list[RunParts] = []
        try:
            self._encoder = load_encoder(self._config.priors)
            for config in configurations(self._config):
                self._sides.append(RunParts(self, config, self._encoder))
        except (ValueError, OSError, StoreError) as error:
            for side in self._sides:
                side.store.close()
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
        for side, progress in zip(self._sides, self._trained(), strict=True):
            side.status.publish()
            self.get_logger().info(
                f"{progress.state}: {progress.episodes} episodes, {progress.env_steps} steps, "
                f"saved in {side.store.folder}"
            )

    def _trained(self) -> list[Progress]:
        """Train to the end; how far each run has come."""
        hook, stop = self._parameters_hook, self._run.stop
        if isinstance(hook, Turns):
            runs = [side.run(hook.hook(i)) for i, side in enumerate(self._sides)]
            return train_pair(runs, self, self._priors, hook.take, stop, self._auditor)
        side = self._sides[0]
        progress = train(
            robot=self,
            priors=self._priors,
            learner=side.learner,
            encoder=self._encoder,
            store=side.store,
            config=side.config,
            hooks=(hook, side.status),
            stop=stop,
            auditor=self._auditor,
        )
        return [progress]

    def _tell(self, detail: str) -> None:
        for side in self._sides:
            side.status.waiting("" if side.status.silent else detail)
        if detail:
            self._diagnostics.warn(detail)
        else:
            self._diagnostics.ok("training")

    def _on_failure(self, reason: str) -> None:
        self._diagnostics.error(reason)
        for side in self._sides:
            side.status.failed(reason)

    def destroy_node(self) -> None:
        """Save the run, then end the node."""
        self._run.close()
        for side in self._sides:
            side.store.close()
        super().destroy_node()


def main() -> int:
    """Run the node until the run is done or it is asked to end; the exit code."""
    one_torch_thread()
    step_back()
    return run_node(TrainerNode)


if __name__ == "__main__":
    sys.exit(main())
