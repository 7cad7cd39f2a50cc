"""The motion that was commanded last, and which state to go on from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fmac_ros.control.trajectory import MotionState, Trajectory, stop
from fmac_ros.robots import RobotConfig
from fmac_ros.types import Observation


@dataclass(frozen=True)
class Motion:
    """A trajectory in time.

    Attributes:
        since: when it started [s], of the controller's clock.
    """

    since: float
    trajectory: Trajectory

    @classmethod
    def standing(cls, robot: RobotConfig, observation: Observation) -> Motion:
        """At rest in the measured pose."""
        still = stop(robot, MotionState.at_rest(observation.joint_positions))
        return cls(observation.stamp, still)

    def over(self, now: float) -> bool:
        """Whether the arm has come to rest by ``now`` [s]."""
        return now - self.since >= float(self.trajectory.times[-1])

    def under_way(self, now: float) -> bool:
        """Whether ``now`` [s] is between its start and its end; not where the clock went back."""
        return now >= self.since and not self.over(now)

    def state(self, now: float) -> MotionState:
        """What it has reached at ``now`` [s]."""
        return self.trajectory.at(now - self.since)

    def rest(self, robot: RobotConfig, now: float) -> Trajectory:
        """What is left of it at ``now`` [s]."""
        return self.trajectory.rest_of(robot, now - self.since)


def measured_state(observation: Observation) -> MotionState:
    """Where the arm is and how fast it moves; its acceleration is not measured."""
    v = np.asarray(observation.joint_velocities, float)
    return MotionState(np.asarray(observation.joint_positions, float), v, np.zeros_like(v))
