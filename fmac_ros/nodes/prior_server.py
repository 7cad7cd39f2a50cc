"""prior_server: value, success and video priors by task sentence.

A lifecycle node: configuring starts to load the models, activating opens the services.
One worker thread loads and answers, in order, so that a request sent early waits for its
model, and the node stays responsive while a slow model thinks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.task import Future

from fmac_ros.action import GenerateVideo
from fmac_ros.priors.registry import Priors, find_priors, load_priors
from fmac_ros.priors.spec import ORACLE_BASELINE, uses_oracle
from fmac_ros.ros import names
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.parameters import declare, parameter
from fmac_ros.ros.prior_answers import (
    FAILURES,
    detect_success,
    estimate_value,
    generate_video,
    progress_of,
)
from fmac_ros.ros.run import run_node
from fmac_ros.ros.threads import one_torch_thread
from fmac_ros.ros.truth_ledger import TruthListener
from fmac_ros.ros.worker import Worker
from fmac_ros.srv import DetectSuccess, EstimateValue
from fmac_ros.trust.calibration import FRAME, TAIL, UNITS, ThresholdOptions

EXIT_NO_PRIORS = 1


@dataclass(frozen=True)
class PriorConfig:
    """Parameters of prior_server."""

    priors: str = parameter("embedded", description="embedded, a directory, hub id or YAML file")
    success_fpr: float = parameter(
        0.01,
        description="false positives that the success threshold may give, 0 for the prior's own",
        minimum=0.0,
        maximum=TAIL,
    )
    success_fpr_per: str = parameter(
        FRAME, description="what success_fpr counts false positives per", choices=UNITS
    )
    autostart: bool = parameter(
        True, description="configure and activate at once, without a lifecycle manager"
    )


class PriorServer(LifecycleNode):
    """Serves ``estimate_value``, ``detect_success`` and ``generate_video``."""

    def __init__(self, **options: Any) -> None:
        super().__init__("prior_server", **options)
        self._config = declare(self, PriorConfig)
        self._diagnostics = Diagnostics(self)
        self._worker = Worker(self, "priors")
        # Nothing but a spec that names an oracle opens the ears of this node to the truth.
        self._truth = TruthListener(self) if self._names_oracle() else None
        self._priors: Priors | None = None
        self._trouble = "they were not loaded"
        self._services_open: list[Any] = []
        self._action: ActionServer | None = None
        if self._config.autostart:
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            self._starter = self.create_timer(0.01, self._autostart, clock=steady)

    def _autostart(self) -> None:
        self._starter.cancel()
        if self.trigger_configure() is not TransitionCallbackReturn.SUCCESS:
            raise SystemExit(EXIT_NO_PRIORS)
        self.trigger_activate()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Check that the priors are there and start to load them."""
        try:
            find_priors(self._config.priors)
        except (OSError, ValueError) as error:
            self._fail(error)
            return TransitionCallbackReturn.FAILURE
        self._diagnostics.warn(f"loading {self._config.priors} priors")
        self._worker.submit(self._load).add_done_callback(self._on_loaded)
        return TransitionCallbackReturn.SUCCESS

    def _names_oracle(self) -> bool:
        try:
            return uses_oracle(self._config.priors)
        except (OSError, ValueError):
            return False  # configuring says what is wrong with them

    def _load(self) -> None:
        config = self._config
        thresholds = ThresholdOptions(config.success_fpr, config.success_fpr_per)
        truth = self._truth.ledger if self._truth is not None else None
        self._priors = load_priors(config.priors, thresholds, truth)

    def _on_loaded(self, loading: Future) -> None:
        try:
            loading.result()
        except FAILURES as error:
            self._fail(error)
            return
        what = f"{self._config.priors} priors" + (f", {ORACLE_BASELINE}" if self._truth else "")
        self._diagnostics.ok(f"serving {what}", **self._thresholds())
        self.get_logger().info(f"{what} loaded")

    def _thresholds(self) -> dict[str, float]:
        """Between both the success prior is unsure, which counts as not solved."""
        success = self._loaded().success
        failure = getattr(success, "failure_threshold", success.threshold)
        return {"success_threshold": success.threshold, "failure_threshold": failure}

    def _fail(self, error: Exception) -> None:
        self._trouble = str(error)
        self._diagnostics.error(f"cannot load the priors: {error}")
        self.get_logger().error(f"cannot load the priors: {error}")

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the services."""
        # Reentrant: a request that waits for the worker must not block the next one.
        group = ReentrantCallbackGroup()
        self._services_open = [
            self.create_service(
                EstimateValue, names.ESTIMATE_VALUE, self._on_value, callback_group=group
            ),
            self.create_service(
                DetectSuccess, names.DETECT_SUCCESS, self._on_success, callback_group=group
            ),
        ]
        self._action = ActionServer(
            self,
            GenerateVideo,
            names.GENERATE_VIDEO,
            execute_callback=self._on_video,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
            callback_group=group,
        )
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the services; the models stay loaded."""
        for service in self._services_open:
            self.destroy_service(service)
        if self._action is not None:
            self._action.destroy()
        self._services_open, self._action = [], None
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of the models."""
        self._priors = None
        return super().on_cleanup(state)

    async def _on_value(
        self, request: EstimateValue.Request, response: EstimateValue.Response
    ) -> EstimateValue.Response:
        return await self._answer(response, lambda priors: estimate_value(priors, request))

    async def _on_success(
        self, request: DetectSuccess.Request, response: DetectSuccess.Response
    ) -> DetectSuccess.Response:
        return await self._answer(response, lambda priors: detect_success(priors, request))

    async def _on_video(self, goal: ServerGoalHandle) -> GenerateVideo.Result:
        result = await self._answer(
            GenerateVideo.Result(),
            lambda priors: generate_video(priors, goal.request, progress_of(goal)),
        )
        if result.ok:
            goal.succeed()
        elif goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.abort()
        return result

    async def _answer(self, response: Any, job: Callable[[Priors], Any]) -> Any:
        """The worker's answer; where there is none, ``response`` saying why."""
        try:
            return await self._worker.submit(lambda: job(self._loaded()))
        except FAILURES as error:
            self.get_logger().warning(f"request refused: {error}", throttle_duration_sec=1.0)
            response.ok, response.error = False, str(error)
            return response

    def _loaded(self) -> Priors:
        if self._priors is None:
            raise RuntimeError(f"priors {self._config.priors!r} are missing: {self._trouble}")
        return self._priors

    def destroy_node(self) -> None:
        """End the worker, then the node."""
        self._worker.close()
        super().destroy_node()


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    one_torch_thread()
    return run_node(PriorServer)


if __name__ == "__main__":
    sys.exit(main())
