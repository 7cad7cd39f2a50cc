"""Records how the arm of a running graph is commanded, how it moves, and why it is held."""

from __future__ import annotations

import time

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.bench.motion.commanded import CommandedMotion
from fmac_ros.bench.motion.measured import MeasuredMotion
from fmac_ros.control.trajectory import Trajectory
from fmac_ros.msg import GateStatus, GroundTruth
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import (
    ConversionError,
    joint_state_to_arrays,
    stamp_to_seconds,
    trajectory_to_arrays,
)

LATE = 0.03  # [s]


class MotionRecorder:
    """Listens to joint states, commands and the gate, and checks what it hears at once.

    Args:
        robot: the arm, in config/robots.
        joint_states: topic that nobody tampers with.

    Attributes:
        commanded, measured: the checks.
        reasons: (steady time [s], reason) of every change of the gate; "" where it lets go.
        late: commands that came more than LATE after their start, to a moving arm.
        command_times: steady time [s] of each command.
        moved_at: steady time [s] at which a joint moved last.
    """

    def __init__(self, node: Node, robot: str, joint_states: str = names.JOINT_STATES) -> None:
        self._robot = load_robot(robot)
        self.commanded = CommandedMotion(robot, self._robot)
        self.measured = MeasuredMotion(robot)
        self.reasons: list[tuple[float, str]] = []
        self.late = 0
        self.command_times: list[float] = []
        self.moved_at = time.monotonic()
        self._layout: tuple[int, str, float] | None = None
        topic = names.joint_trajectory(self._robot.controller)
        node.create_subscription(JointState, joint_states, self._on_joints, qos.RELIABLE)
        node.create_subscription(JointTrajectory, topic, self._on_command, qos.RELIABLE)
        node.create_subscription(GateStatus, names.GATE_STATUS, self._on_gate, qos.LATCHED)
        node.create_subscription(GroundTruth, names.GROUND_TRUTH, self._on_truth, qos.RELIABLE)

    @property
    def violations(self) -> list[str]:
        """Whatever was wrong so far."""
        return [*self.commanded.violations, *self.measured.violations]

    @property
    def reason(self) -> str:
        """Why the arm is held, "" if it may move."""
        return self.reasons[-1][1] if self.reasons else ""

    @property
    def rests(self) -> bool:
        """Whether all joints stand still."""
        return self.measured.rests_since is not None

    def _on_joints(self, message: JointState) -> None:
        q, v = joint_state_to_arrays(message, self._robot.joint_names)
        self.measured.add(stamp_to_seconds(message.header.stamp), q, v)
        if self.measured.moving:
            self.moved_at = time.monotonic()

    def _on_command(self, message: JointTrajectory) -> None:
        try:
            times, positions, velocities = trajectory_to_arrays(message, self._robot.joint_names)
        except ConversionError as error:
            self.commanded.violations.append(f"a command is malformed: {error}")
            return
        rates = np.array([point.accelerations for point in message.points], float)
        self.command_times.append(time.monotonic())
        path = Trajectory(times, positions, velocities, rates)
        start = stamp_to_seconds(message.header.stamp)
        self.commanded.add(start, path, self.measured.q)
        if self.measured.stamp - start > LATE and self.measured.moving:
            self.late += 1
            self.measured.disturbed(self.measured.stamp)

    def _on_gate(self, message: GateStatus) -> None:
        self.reasons.append((time.monotonic(), message.reason))

    def _on_truth(self, message: GroundTruth) -> None:
        layout = (message.seed, message.split)
        if self._layout is not None and layout == self._layout[:2]:
            return
        stamp = stamp_to_seconds(message.header.stamp)
        self._layout = (*layout, stamp)
        self.measured.disturbed(stamp)
