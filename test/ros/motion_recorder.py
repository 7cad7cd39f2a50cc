"""Records an arm's joint states and its commands, and checks them against the arm's limits."""

from __future__ import annotations

from typing import Any

import numpy as np
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.robots import RobotConfig
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import joint_state_to_arrays, stamp_to_seconds


class MotionRecorder:
    """Attributes: times (k,) [s], positions (k, n) and velocities (k, n) in lists."""

    def __init__(self, node: Any, robot: RobotConfig) -> None:
        self._robot = robot
        self.times: list[float] = []
        self.positions: list[np.ndarray] = []
        self.velocities: list[np.ndarray] = []
        self.commands: list[JointTrajectory] = []
        node.create_subscription(JointState, names.JOINT_STATES, self._on_state, qos.RELIABLE)
        topic = names.joint_trajectory(robot.controller)
        node.create_subscription(JointTrajectory, topic, self.commands.append, qos.RELIABLE)

    def _on_state(self, message: JointState) -> None:
        q, v = joint_state_to_arrays(message, self._robot.joint_names)
        stamp = stamp_to_seconds(message.header.stamp)
        if not self.times or stamp > self.times[-1]:
            self.times.append(stamp)
            self.positions.append(q)
            self.velocities.append(v)

    @property
    def pose(self) -> np.ndarray:
        """(n,) where the arm is."""
        return self.positions[-1]

    @property
    def speed(self) -> float:
        """Fastest joint now [rad/s]."""
        return float(np.abs(self.velocities[-1]).max())

    def check(self, share: float = 1.0) -> None:
        """States within the position and velocity limits; commands within all limits, ``share``
        of the velocity limits, and at rest at their end."""
        positions, velocities = np.array(self.positions), np.array(self.velocities)
        robot = self._robot
        assert np.all(positions >= robot.lower - 0.01) and np.all(positions <= robot.upper + 0.01)
        # On a busy machine a command may come late into the simulation, and its servos catch up.
        assert np.all(np.abs(velocities) <= robot.velocity)
        for message in self.commands:
            rows = [(p.velocities, p.accelerations, p.time_from_start) for p in message.points]
            v, a = (np.array([row[i] for row in rows]) for i in (0, 1))
            times = np.array([t.sec + t.nanosec / 1e9 for _, _, t in rows])
            assert np.all(np.abs(v) <= share * robot.velocity * 1.01)
            assert np.all(np.abs(a) <= robot.acceleration * 1.01)
            jerk = np.abs(np.diff(a, axis=0)) / np.diff(times)[:, None]
            assert np.all(jerk <= robot.jerk * 1.01 + 0.1)
            assert not v[-1].any() and not a[-1].any()
