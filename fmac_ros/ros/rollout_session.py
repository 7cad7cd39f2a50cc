"""One rollout goal of policy_node, from acceptance to result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rclpy.action.server import ServerGoalHandle
from rclpy.task import Future

from fmac_ros.action import Rollout as RolloutAction
from fmac_ros.chooser import Chooser
from fmac_ros.picture import tile
from fmac_ros.priors.encoder import Encoder
from fmac_ros.rollout import Rollout, RolloutError
from fmac_ros.ros.policy_publisher import PolicyPublisher
from fmac_ros.ros.prior_queries import SuccessQuery, VideoQuery
from fmac_ros.types import Observation

CANCELLED = "cancelled by the client"
# What an observation, the parameters or the gate may bring to a rollout.
_FAILURES = (RolloutError, ValueError, RuntimeError, ArithmeticError)


@dataclass(frozen=True)
class Ports:
    """What every session of a node shares.

    Attributes:
        now: time for the gate [s], given the stamp of the observation that is answered.
        lockstep: the world waits for each command, which names the state it answers.
    """

    encoder: Encoder
    publisher: PolicyPublisher
    success: SuccessQuery
    video: VideoQuery
    now: Callable[[float], float]
    lockstep: bool


class RolloutSession:
    """Feeds a rollout with observations and sends what it yields.

    Attributes:
        done: holds the action's result once the rollout is over.
    """

    def __init__(
        self, goal: ServerGoalHandle, rollout: Rollout, chooser: Chooser, ports: Ports
    ) -> None:
        self.goal = goal
        self.rollout = rollout
        self.done: Future = Future()
        self._chooser = chooser
        self._ports = ports
        self._moved = time.monotonic()

    def handle(self, observation: Observation) -> None:
        """Take an observation."""
        if self.done.done() or not self._chooser.ready:
            return
        if self.goal.is_cancel_requested:
            self.finish(CANCELLED)
            return
        try:
            if self.rollout.is_new(observation):
                self._advance(observation)
            elif self._ports.lockstep and self.rollout.answered(observation):
                self._ports.publisher.repeat()
        except _FAILURES as error:
            self.finish(str(error))

    def watch(self, observation_timeout: float, policy_timeout: float) -> None:
        """End the rollout where nothing has moved it for too long [s]; call periodically."""
        if self.done.done():
            return
        silence = time.monotonic() - self._moved
        if self.goal.is_cancel_requested:
            self.finish(CANCELLED)
        elif not self._chooser.ready:
            if silence > policy_timeout:
                self.finish(
                    f"no policy parameters of the version asked for within {policy_timeout:.0f} s"
                    f" (version {self._chooser.version} is here); is trainer_node running?"
                )
        elif silence > observation_timeout:
            self.finish(self._stall(observation_timeout))
            self._hold()

    def finish(self, error: str = "") -> None:
        """End the rollout, well without an ``error``."""
        if self.done.done():
            return
        result = RolloutAction.Result(ok=not error, error=error)
        rollout = self.rollout
        result.steps, result.holds = rollout.steps, rollout.holds
        result.terminated, result.truncated = rollout.terminated, rollout.truncated
        result.policy_version = rollout.policy_version
        self.done.set_result(result)

    def _advance(self, observation: Observation) -> None:
        self._moved = time.monotonic()
        step = self.rollout.observe(observation)
        picture = tile(observation.images)
        if not self.rollout.ended:
            self._choose(picture)
        if step is not None:  # told after the command: the robot need not wait for that
            self._ports.publisher.step(step, self.rollout.spec)
            self._feedback(step.held)
        if self.rollout.ended:
            self.finish()
        elif self.rollout.spec.stop_on_success:
            self._ports.success.ask(self.rollout.spec.task, picture, self.rollout.judge)

    def _choose(self, picture: np.ndarray) -> None:
        if not self._chooser.needs_imagined:
            self._act(picture, None)
            return
        spec, index = self.rollout.spec, self.rollout.steps
        seed = (spec.seed + index) % 2**32
        self._ports.video.ask(
            spec.task, picture, seed, lambda latent: self._on_imagined(picture, latent), self.finish
        )

    def _on_imagined(self, picture: np.ndarray, latent: np.ndarray) -> None:
        if self.done.done():
            return
        try:
            self._act(picture, latent)
        except _FAILURES as error:
            self.finish(str(error))

    def _act(self, picture: np.ndarray, imagined: np.ndarray | None) -> None:
        rollout, chooser, ports = self.rollout, self._chooser, self._ports
        latent = ports.encoder.encode(picture[None])[0] if chooser.needs_latent else picture
        action = chooser.choose(latent, rollout.proprio, imagined)
        stamp = rollout.observation.stamp
        command = rollout.act(action, chooser.version, ports.now(stamp))
        ports.publisher.command(command, stamp if ports.lockstep else None)
        self._moved = time.monotonic()

    def _feedback(self, holding: bool) -> None:
        self.goal.publish_feedback(
            RolloutAction.Feedback(
                step=self.rollout.steps,
                success_score=self.rollout.success_score,
                holding=holding,
            )
        )

    def _stall(self, timeout: float) -> str:
        if self.rollout.wants_action:
            return f"no imagined frame within {timeout:.1f} s; is prior_server running?"
        return (
            f"no new observation within {timeout:.1f} s; are state_node and the robot side running?"
        )

    def _hold(self) -> None:
        """Send the arm to rest; a lock-step world stands still without commands."""
        if self._ports.lockstep:
            return
        command = self.rollout.hold(self._ports.now(0.0))
        if command is not None:
            self._ports.publisher.command(command, None)
