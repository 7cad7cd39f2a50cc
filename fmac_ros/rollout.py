"""One episode as a state machine: fed observations and verdicts, it yields steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fmac_ros.control.controller import Command
from fmac_ros.types import Observation, RolloutSpec

TIME_JUMP = 1.0  # [s]; stamps that go back by more mean another clock, not reordering


class RolloutError(RuntimeError):
    """The episode cannot go on; the text says why."""


class Controller(Protocol):
    """What turns actions into commands: ``ArmController``."""

    def reset(self, observation: Observation) -> None:
        """Take the measured state as the commanded one."""
        ...

    def command(self, observation: Observation, action: np.ndarray, now: float) -> Command:
        """Pass an action through the gate."""
        ...

    def proprio(self, observation: Observation) -> np.ndarray:
        """(p,) float32."""
        ...


@dataclass(frozen=True)
class Step:
    """One transition, as it really happened.

    Attributes:
        index: place in the episode, from 0.
        proprio, next_proprio: (p,) float32 of both states.
        action: (a,) float32 that passed the gate.
        requested_action: (a,) float32 that was asked for.
        policy_version: version of the parameters that acted.
        terminated: the success prior ended the episode in the next state.
        truncated: the time limit ended it there.
    """

    index: int
    observation: Observation
    proprio: np.ndarray
    action: np.ndarray
    requested_action: np.ndarray
    held: bool
    hold_reason: str
    policy_version: int
    next_observation: Observation
    next_proprio: np.ndarray
    terminated: bool
    truncated: bool


@dataclass(frozen=True)
class _Pending:
    """An action under way: its step is complete with the next observation."""

    requested: np.ndarray
    command: Command
    policy_version: int


class Rollout:
    """Runs ``spec``: one action per new observation, until success or the time limit.

    Call ``observe`` with every observation; while ``wants_action``, call ``act`` once.

    Args:
        start: stamp of the first observation that counts [s]; older ones are from before.
        success_frames: successes in a row, of the success prior, that end the episode.

    Attributes:
        steps: transitions so far.
        holds: commands that the gate held.
        policy_version: version of the parameters that acted last.
        success_score: the success prior's last probability.
    """

    def __init__(
        self, spec: RolloutSpec, controller: Controller, start: float, success_frames: int = 2
    ) -> None:
        self.spec = spec
        self.steps = 0
        self.holds = 0
        self.policy_version = 0
        self.success_score = 0.0
        self.terminated = False
        self.truncated = False
        self._controller = controller
        self._start = start
        self._success_frames = success_frames
        self._verdicts = 0
        self._observation: Observation | None = None
        self._proprio = np.zeros(0, np.float32)
        self._pending: _Pending | None = None

    @property
    def ended(self) -> bool:
        """No more actions: success or time limit."""
        return self.terminated or self.truncated

    @property
    def wants_action(self) -> bool:
        """The newest observation still waits for its action."""
        return self._observation is not None and self._pending is None and not self.ended

    @property
    def observation(self) -> Observation:
        """The newest observation. Raises RolloutError before the first."""
        if self._observation is None:
            raise RolloutError(f"episode {self.spec.episode_id} has no observation yet")
        return self._observation

    @property
    def seen_until(self) -> float:
        """Stamp of the newest observation [s], minus infinity before the first."""
        return -math.inf if self._observation is None else self._observation.stamp

    @property
    def proprio(self) -> np.ndarray:
        """(p,) float32 of the newest observation."""
        return self._proprio

    def is_new(self, observation: Observation) -> bool:
        """Whether an observation would move the episode on.

        Raises:
            RolloutError: time went back.
        """
        if self._observation is None:
            return observation.stamp >= self._start
        last = self._observation.stamp
        if observation.stamp < last - TIME_JUMP:
            raise RolloutError(
                f"time went back from {last:.2f} s to {observation.stamp:.2f} s, "
                "as when a simulator is restarted"
            )
        return observation.stamp > last and not self.wants_action

    def observe(self, observation: Observation) -> Step | None:
        """Take an observation; the step that it completes, if any."""
        if self.ended or not self.is_new(observation):
            return None
        if self._observation is None:
            self._controller.reset(observation)
        proprio = self._controller.proprio(observation)
        step = self._complete(observation, proprio)
        self._observation, self._proprio, self._pending = observation, proprio, None
        return step

    def act(self, action: np.ndarray, policy_version: int, now: float) -> Command:
        """Pass the action for the newest observation through the gate; ``now`` in [s]."""
        if not self.wants_action:
            raise RolloutError(f"episode {self.spec.episode_id} waits for an observation first")
        command = self._controller.command(self.observation, action, now)
        self._pending = _Pending(np.asarray(action, np.float32), command, policy_version)
        self.policy_version = policy_version
        self.holds += command.held
        return command

    def answered(self, observation: Observation) -> bool:
        """Whether this is the newest state again, and its command is under way."""
        return (
            self._pending is not None
            and not self.ended
            and observation.stamp == self.observation.stamp
        )

    def hold(self, now: float) -> Command | None:
        """Bring the arm to rest, by the gate's own rule for a stale observation.

        None where nothing was commanded yet.
        """
        if self._pending is None:
            return None
        return self._controller.command(
            self.observation, np.zeros_like(self._pending.requested), now
        )

    def judge(self, score: float, success: bool) -> None:
        """Take a verdict of the success prior; the next observation acts on it."""
        self.success_score = score
        self._verdicts = self._verdicts + 1 if success else 0

    def _complete(self, observation: Observation, proprio: np.ndarray) -> Step | None:
        if self._pending is None or self._observation is None:
            return None
        self.terminated = self.spec.stop_on_success and self._verdicts >= self._success_frames
        self.truncated = not self.terminated and self.steps + 1 >= self.spec.horizon
        step = Step(
            index=self.steps,
            observation=self._observation,
            proprio=self._proprio,
            action=self._pending.command.action,
            requested_action=self._pending.requested,
            held=self._pending.command.held,
            hold_reason=self._pending.command.reason,
            policy_version=self._pending.policy_version,
            next_observation=observation,
            next_proprio=proprio,
            terminated=self.terminated,
            truncated=self.truncated,
        )
        self.steps += 1
        return step
