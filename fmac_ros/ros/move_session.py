"""One move_arm goal of policy_node, from acceptance to result."""

from __future__ import annotations

import time

from rclpy.action.server import ServerGoalHandle
from rclpy.task import Future

from fmac_ros.action import MoveArm
from fmac_ros.control.gate import PAUSED
from fmac_ros.control.move import CANCELLED, Move
from fmac_ros.ros.policy_publisher import PolicyPublisher
from fmac_ros.types import Observation

CANCEL_PATIENCE = 1.0  # [s]; a command reaches not as far, so an arm without observations stands


class MoveSession:
    """Feeds a move with observations and sends what it yields.

    Attributes:
        done: holds the action's result once the move is over.
    """

    def __init__(self, goal: ServerGoalHandle, move: Move, publisher: PolicyPublisher) -> None:
        self.move = move
        self.done: Future = Future()
        self._goal = goal
        self._publisher = publisher
        self._seen = time.monotonic()

    def handle(self, observation: Observation, now: float) -> None:
        """Take an observation at ``now`` [s]."""
        if self.done.done():
            return
        self._heed_cancel()
        try:
            command = self.move.observe(observation, now)
        except (ValueError, RuntimeError, ArithmeticError) as error:
            self.move.finish(str(error))
            command = None
        if self.move.waits_for in ("", PAUSED):  # what cannot be used was not seen
            self._seen = time.monotonic()
        if command is not None:
            self._publisher.command(command, None)
        self._goal.publish_feedback(MoveArm.Feedback(progress=float(self.move.progress)))
        self._settle()

    def watch(self, observation_timeout: float) -> None:
        """End the move where it must not go on or hears nothing; call periodically."""
        if self.done.done():
            return
        silence = time.monotonic() - self._seen
        self._heed_cancel()
        self.move.look()
        if self._goal.is_cancel_requested and silence > CANCEL_PATIENCE:
            self.move.finish(CANCELLED)
        elif silence > observation_timeout:
            self.move.finish(
                f"no usable observation within {observation_timeout:.1f} s;"
                " are state_node, the cameras and the robot side running, and the clocks right?"
            )
        self._settle()

    def _heed_cancel(self) -> None:
        if self._goal.is_cancel_requested:
            self.move.cancel()

    def _settle(self) -> None:
        """Give the result once the move has ended."""
        if not self.move.ended or self.done.done():
            return
        error = self.move.error
        result = MoveArm.Result(ok=not error, error=error)
        if result.ok:
            self._goal.succeed()
        elif error == CANCELLED and self._goal.is_cancel_requested:
            self._goal.canceled()
        else:
            self._goal.abort()
        self.done.set_result(result)
