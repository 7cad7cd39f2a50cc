"""prior_server: value, success and video priors by task sentence.

A lifecycle node: configuring starts to load the models and to warm them up, activating opens
the services. Each prior has a thread of its own, its lane, in which requests that wait together
are answered together; a request sent early waits for its model. The node itself never waits.
"""

from __future__ import annotations

import sys
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from fmac_ros.priors.registry import Priors, find_priors, load_priors
from fmac_ros.priors.serving.lanes import PriorLanes
from fmac_ros.priors.serving.options import ServingOptions
from fmac_ros.priors.serving.warming import warm_up
from fmac_ros.priors.spec import ORACLE_BASELINE, uses_oracle
from fmac_ros.ros.diagnostics import ERROR, OK, WARN, Diagnostics
from fmac_ros.ros.parameters import declare, parameter
from fmac_ros.ros.prior_services import PriorServices
from fmac_ros.ros.run import run_node
from fmac_ros.ros.threads import one_torch_thread, step_back
from fmac_ros.ros.truth_ledger import TruthListener
from fmac_ros.ros.worker import in_thread
from fmac_ros.trust.calibration import FRAME, TAIL, UNITS, ThresholdOptions

EXIT_NO_PRIORS = 1
_TICK = 0.1  # [s] between two looks at the deadlines
_GRACE = 2.0  # [s] for the calls under way when the node ends


@dataclass(frozen=True)
class PriorConfig:
    """Parameters of prior_server."""

    priors: str = parameter("embedded", description="embedded, a directory, hub id or YAML file")
    success_fpr: float = parameter(
        ThresholdOptions.rate,
        description="false positives that the success threshold may give, 0 for the prior's own",
        minimum=0.0,
        maximum=TAIL,
    )
    success_fpr_per: str = parameter(
        FRAME, description="what success_fpr counts false positives per", choices=UNITS
    )
    device: str = parameter(
        "cpu", description="where the embedded priors compute: cpu, cuda, auto or another of torch"
    )
    autostart: bool = parameter(
        True, description="configure and activate at once, without a lifecycle manager"
    )
    max_batch: int = parameter(
        64, description="pictures in one call of a model", minimum=1, maximum=1024
    )
    max_queue: int = parameter(
        64, description="requests that wait for a prior; more are refused", minimum=1, maximum=400
    )
    deadline: float = parameter(
        30.0,
        description="longest time to an answer, or without progress of a video [s]",
        minimum=0.1,
        maximum=86400.0,
    )
    cache_size: int = parameter(
        4096, description="scores remembered by picture, 0 for none", minimum=0, maximum=1_000_000
    )

    def serving(self) -> ServingOptions:
        """How much the server takes on."""
        return ServingOptions(self.max_batch, self.max_queue, self.deadline, self.cache_size)


class PriorServer(LifecycleNode):
    """Serves ``estimate_value``, ``detect_success`` and ``generate_video``."""

    def __init__(self, **options: Any) -> None:
        super().__init__("prior_server", **options)
        self._config = declare(self, PriorConfig)
        self._diagnostics = Diagnostics(self)
        # Nothing but a spec that names an oracle opens the ears of this node to the truth.
        self._truth = TruthListener(self) if self._names_oracle() else None
        self._state = (WARN, "not configured")
        self._lanes: PriorLanes | None = None
        self._services_open: PriorServices | None = None
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_TICK, self._on_tick, clock=steady)
        if self._config.autostart:
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
        self._state = (WARN, f"loading {self._config.priors} priors")
        self._lanes = lanes = PriorLanes(self._config.serving(), one_torch_thread)
        loading = in_thread(self._load, "loading")
        loading.add_done_callback(lambda done: self._on_loaded(done, lanes))
        return TransitionCallbackReturn.SUCCESS

    def _names_oracle(self) -> bool:
        try:
            return uses_oracle(self._config.priors)
        except (OSError, ValueError):
            return False  # configuring says what is wrong with them

    def _load(self) -> Priors:
        one_torch_thread()
        config = self._config
        thresholds = ThresholdOptions(config.success_fpr, config.success_fpr_per)
        truth = self._truth.ledger if self._truth is not None else None
        priors = load_priors(config.priors, thresholds, truth, config.device)
        warm_up(priors)
        return priors

    def _on_loaded(self, loading: Future[Priors], lanes: PriorLanes) -> None:
        error = loading.exception()
        if lanes is not self._lanes:  # cleaned up meanwhile
            if error is None:
                loading.result().close()
            return
        if isinstance(error, Exception):
            self._fail(error)
            lanes.close(f"priors {self._config.priors!r} are missing: {error}")
            return
        lanes.open(loading.result())
        what = f"{self._config.priors} priors" + (f", {ORACLE_BASELINE}" if self._truth else "")
        self._state = (OK, f"serving {what}")
        self.get_logger().info(f"{what} loaded")

    def _fail(self, error: Exception) -> None:
        self._state = (ERROR, f"cannot load the priors: {error}")
        self.get_logger().error(self._state[1])

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the services."""
        assert self._lanes is not None  # configured before
        self._services_open = PriorServices(self, self._lanes, self._config.max_queue)
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the services; the models stay loaded."""
        if self._services_open is not None:
            self._services_open.close()
        self._services_open = None
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of the models."""
        self._end("the server was cleaned up")
        self._state = (WARN, "not configured")
        return super().on_cleanup(state)

    def _on_tick(self) -> None:
        """Answer those who have waited too long, and tell how the node is."""
        if self._lanes is None:
            self._diagnostics.set(*self._state)
            return
        self._lanes.expire()
        level, message = self._state
        if hanging := self._lanes.hanging():
            level = ERROR
            message = f"no answer within the deadline from the priors {', '.join(hanging)}"
        self._diagnostics.set(level, message, **self._lanes.report())

    def _end(self, reason: str, timeout: float = 0.0) -> None:
        lanes, self._lanes = self._lanes, None
        if lanes is not None:
            lanes.close(reason, timeout)

    def destroy_node(self) -> None:
        """End the lanes, then the node."""
        self._end("the server ends", _GRACE)
        super().destroy_node()


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    one_torch_thread()
    step_back()
    return run_node(PriorServer)


if __name__ == "__main__":
    sys.exit(main())
