"""A robot side for tests: a lock-step world whose arm is always where it was sent."""

from __future__ import annotations

from typing import Any

import numpy as np
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.msg import Observation as ObservationMessage
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import (
    observation_to_msg,
    stamp_to_seconds,
    trajectory_to_arrays,
)
from fmac_ros.srv import Reset
from fmac_ros.types import Observation

PERIOD = 0.1  # [s]


class StandingCell(Node):
    """Answers each trajectory for its present state with the next observation.

    Attributes:
        commands: trajectories followed; one that is sent again is not.
        grips: stamps that the gripper's commands answered.
        awaits_fingers: set to follow a trajectory only once the gripper's command came, too.
        joints: where the arm is [rad].
        silent: set to stop answering.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__("cell", **options)
        self.robot = load_robot("panda")
        self.commands = 0
        self.awaits_fingers = False
        self.silent = False
        self.stamp = 1.0
        self.grips: list[float] = []
        self._waiting: JointTrajectory | None = None
        self.joints = np.asarray(self.robot.home, float)
        self._fingers = np.asarray(self.robot.gripper_open, float)
        self._rng = np.random.default_rng(0)
        self._publisher = self.create_publisher(
            ObservationMessage, names.OBSERVATION, qos.OBSERVATION
        )
        self.create_subscription(
            JointTrajectory,
            names.joint_trajectory(self.robot.controller),
            self._on_trajectory,
            qos.COMMAND,
        )
        self.create_subscription(
            JointTrajectory,
            names.joint_trajectory(self.robot.gripper_controller),
            self._on_fingers,
            qos.COMMAND,
        )
        self.create_service(Reset, names.RESET, self._on_reset)
        self.create_timer(0.2, self.publish)

    def publish(self) -> None:
        """Publish the state, again or for the first time."""
        if self.silent:
            return
        images = self._rng.integers(0, 255, (2, 64, 64, 3), np.uint8)
        observation = Observation(
            self.stamp,
            ("front", "side"),
            tuple(images),
            self.joints,
            np.zeros(len(self.joints)),
            self._fingers,
            np.zeros(len(self._fingers)),
        )
        joints, fingers = self.robot.joint_names, self.robot.gripper_joint_names
        self._publisher.publish(observation_to_msg(observation, joints, finger_names=fingers))

    def _on_fingers(self, message: JointTrajectory) -> None:
        _, positions, _ = trajectory_to_arrays(message, self.robot.gripper_joint_names)
        self._fingers = positions[-1]
        self.grips.append(stamp_to_seconds(message.header.stamp))
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._on_trajectory(waiting)

    def _on_trajectory(self, message: JointTrajectory) -> None:
        answered = stamp_to_seconds(message.header.stamp)
        if answered and abs(answered - self.stamp) > PERIOD / 2:
            return
        if self.awaits_fingers and answered not in self.grips:
            self._waiting = message
            return
        times, positions, _ = trajectory_to_arrays(message, self.robot.joint_names)
        self.joints = positions[np.searchsorted(times, PERIOD).clip(max=len(times) - 1)]
        self.commands += 1
        self.stamp += PERIOD
        self.publish()

    def _on_reset(self, request: Reset.Request, response: Reset.Response) -> Reset.Response:
        self.joints = np.asarray(self.robot.home, float)
        self.stamp += PERIOD
        self.publish()
        response.ok = True
        return response
