"""franka_watch: tells whether an arm behind franka_ros2 may move, and lets a person recover it.

``~/ready`` (std_msgs/Bool, latched) is false in a reflex, a user stop, guiding, or when nothing
is heard of the arm. ``~/recover`` (std_srvs/Trigger) runs the vendor's error recovery; only a
person calls it, and the arm still has to be armed afterwards.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from fmac_ros.ros import qos
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.franka_host import load_host, reading
from fmac_ros.ros.parameters import ParameterError, declare, parameter
from fmac_ros.ros.run import run_node

_WATCH_PERIOD = 0.1  # [s]
_SILENT = "silent: is franka_robot_state_broadcaster active?"


@dataclass(frozen=True)
class FrankaWatchConfig:
    """Parameters of franka_watch."""

    state_topic: str = parameter(
        "franka_robot_state_broadcaster/robot_state", description="franka_msgs/FrankaRobotState"
    )
    recovery_action: str = parameter(
        "action_server/error_recovery", description="franka_msgs/ErrorRecovery"
    )
    stale_after: float = parameter(
        0.5, description="silence of the state that stops the arm [s]", minimum=0.05, maximum=10.0
    )
    recovery_timeout: float = parameter(
        10.0, description="longest wait for a recovery [s]", minimum=0.5, maximum=120.0
    )


class FrankaWatch(Node):
    """Reads the robot state, publishes ``~/ready``, offers ``~/recover``."""

    def __init__(self, **options: Any) -> None:
        super().__init__("franka_watch", **options)
        self._config = declare(self, FrankaWatchConfig)
        try:
            self._host = load_host()
        except ValueError as error:
            raise ParameterError(str(error)) from error
        self._heard = -self._config.stale_after
        self._state = ""
        self._diagnostics = Diagnostics(self, hardware_id="franka")
        self._ready = self.create_publisher(Bool, "~/ready", qos.LATCHED)
        self._recovery: ActionClient = ActionClient(
            self, self._host.recovery, self._config.recovery_action
        )
        self.create_service(Trigger, "~/recover", self._on_recover)
        self.create_subscription(
            self._host.state, self._config.state_topic, self._on_state, qos.SENSOR
        )
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_WATCH_PERIOD, self._on_watch, clock=self._steady)
        self._take(_SILENT, False)

    def _on_state(self, message: Any) -> None:
        self._heard = time.monotonic()
        self._take(*reading(self._host.mode(message)))

    def _on_watch(self) -> None:
        if time.monotonic() - self._heard > self._config.stale_after:
            self._take(_SILENT, False)

    def _take(self, state: str, may_move: bool) -> None:
        if state == self._state:
            return
        self._state = state
        self._ready.publish(Bool(data=may_move))
        self.get_logger().info(f"the arm is {state}")
        tell = self._diagnostics.ok if may_move else self._diagnostics.warn
        tell(f"the arm is {state}")

    async def _on_recover(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        response.success, response.message = await self._recovered()
        self.get_logger().info(f"recovery: {response.message}")
        return response

    async def _recovered(self) -> tuple[bool, str]:
        """Run the vendor's recovery; whether it did, and what to tell."""
        if not self._recovery.server_is_ready():
            return False, f"no action {self._config.recovery_action}: is franka_ros2 running?"
        end = time.monotonic() + self._config.recovery_timeout
        sent = self._recovery.send_goal_async(self._host.recovery.Goal())
        if not await self._done(sent, end):
            return False, "franka_ros2 does not answer"
        handle: Any = sent.result()
        if not handle.accepted:
            return False, "franka_ros2 refuses to recover"
        ended = handle.get_result_async()
        if not await self._done(ended, end):
            return False, "the recovery does not end"
        if ended.result().status != GoalStatus.STATUS_SUCCEEDED:
            return False, "the recovery failed: the robot's own interface tells why"
        return True, "recovered; arm it to go on"

    async def _done(self, future: Future, end: float) -> bool:
        """Wait for a future until ``end`` [s] of the steady clock, without holding the node up."""
        either: Future = Future()

        def finish(*_: object) -> None:
            if not either.done():
                either.set_result(None)

        left = max(end - time.monotonic(), 0.001)
        timer = self.create_timer(left, finish, clock=self._steady)
        future.add_done_callback(finish)
        await either
        self.destroy_timer(timer)
        return bool(future.done())


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    return run_node(FrankaWatch)


if __name__ == "__main__":
    sys.exit(main())
