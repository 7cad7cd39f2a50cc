"""The gate before Meta-World: what of an action the hand takes, and nothing that is not finite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fmac_ros.control import gate as gates
from fmac_ros.control.controller import Command
from fmac_ros.control.gate import finite_vector
from fmac_ros.control.trajectory import Trajectory
from fmac_ros.metaworld.world import SPREAD
from fmac_ros.types import Observation

OPEN = -1.0  # gripper component of an action


@dataclass(frozen=True)
class HandSpace:
    """Three components move the hand along x, y and z, the fourth grips: -1 opens, 1 closes."""

    size: int = 4
    gripper: bool = True
    switch: bool = False  # how far it opens is how hard it is told to


class Hand(Protocol):
    """What is commanded: ``MetaWorld``."""

    @property
    def hand_goal(self) -> np.ndarray:
        """(3,) where it is going [m]."""
        ...

    @property
    def hand_box(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest goal, (3,) each [m]."""
        ...

    @property
    def step_size(self) -> float:
        """Way of the goal along each axis in a step at full action [m]."""
        ...

    @property
    def step_time(self) -> float:
        """Duration of a step [s]."""
        ...


class HandController:
    """Turns actions into commands for a hand (``rollout.Controller``)."""

    def __init__(self, hand: Hand) -> None:
        self.space = HandSpace()
        self._hand = hand
        self._grip = OPEN

    def reset(self, observation: Observation) -> None:
        """Begin an episode, with the gripper open."""
        self._grip = OPEN

    def command(self, observation: Observation, action: np.ndarray, now: float) -> Command:
        """Check an action (4,) at time ``now`` [s], or hold the hand where it is."""
        if not finite_vector(observation.joint_positions, 3):
            return self._hold(gates.BAD_OBSERVATION, now)
        if not finite_vector(action, self.space.size):
            return self._hold(gates.BAD_ACTION, now)
        return self.move(action, now)

    def proprio(self, observation: Observation) -> np.ndarray:
        """(7,) float32: hand position [m] and velocity [m/s], then the gripper's opening.

        Raises:
            ValueError: a value is not finite.
        """
        opening = np.clip(observation.finger_positions / SPREAD, 0.0, 1.0)  # (1,)
        parts = (observation.joint_positions, observation.joint_velocities, opening)
        values = np.concatenate(parts).astype(np.float32)
        if not finite_vector(values, 7):
            raise ValueError("hand state is not finite, so there is no proprio")
        return values

    def move(self, action: np.ndarray, now: float) -> Command:
        """The command of a finite action (4,); what the hand does not take is cut off."""
        start, size = self._hand.hand_goal, self._hand.step_size
        wanted = start + size * np.clip(action[:3], -1, 1)
        way = (np.clip(wanted, *self._hand.hand_box) - start) / size
        self._grip = float(np.clip(action[3], -1, 1))
        return self._command(np.append(way, self._grip), "", now)

    def _hold(self, reason: str, now: float) -> Command:
        return self._command(np.append(np.zeros(3), self._grip), reason, now)

    def _command(self, action: np.ndarray, reason: str, now: float) -> Command:
        passed = np.clip(action, -1, 1).astype(np.float32)  # (4,), what is done and stored
        start = self._hand.hand_goal
        way = np.stack([start, start + self._hand.step_size * passed[:3]])
        still = np.zeros_like(way)
        trajectory = Trajectory(np.array([0.0, self._hand.step_time]), way, still, still)
        opening = (1.0 - float(passed[3])) / 2.0
        return Command(trajectory, passed, bool(reason), reason, opening=opening, start=now)
