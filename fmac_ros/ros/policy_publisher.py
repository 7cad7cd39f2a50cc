"""What policy_node sends: commands, steps and the state of the gate."""

from __future__ import annotations

from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.control.controller import Command
from fmac_ros.msg import GateStatus, Transition
from fmac_ros.robots import RobotConfig
from fmac_ros.rollout import Step
from fmac_ros.ros import names, qos, qos_events
from fmac_ros.ros.conversions import seconds_to_stamp, trajectory_to_msg
from fmac_ros.ros.grippers import Gripper
from fmac_ros.ros.transitions import transition_to_msg
from fmac_ros.types import RolloutSpec


class PolicyPublisher:
    """Publishes on ``<controller>/joint_trajectory``, ``transitions`` and ``gate_status``.

    In an action space with the gripper it is told, too, and first: a lock-step world moves on
    once it has both.

    Args:
        gripper: None where actions do not move it.
        controller: the trajectory controller; empty for the one of the robot's file.

    Attributes:
        topic: of the arm's commands.
        commands, holds: commands sent since the start, and those that held the arm.
    """

    def __init__(
        self,
        node: Node,
        robot: RobotConfig,
        gripper: Gripper | None = None,
        controller: str = "",
    ) -> None:
        self._node = node
        self._robot = robot
        self._joint_names = robot.joint_names
        self.topic = names.joint_trajectory(controller or robot.controller)
        self._commands = node.create_publisher(
            JointTrajectory,
            self.topic,
            qos.COMMAND,
            event_callbacks=qos_events.of_commands(node, self.topic),
        )
        self._gripper = gripper
        self._steps = node.create_publisher(Transition, names.TRANSITIONS, qos.TRANSITIONS)
        self._gate = node.create_publisher(GateStatus, names.GATE_STATUS, qos.LATCHED)
        self._last: JointTrajectory | None = None
        self._hold_reason: str | None = None
        self.commands = 0
        self.holds = 0

    def command(self, command: Command, answered: float | None) -> None:
        """Send a command; ``answered`` is the stamp of its state [s], None outside of lock-step.

        There the stamp says when the motion starts, so that it goes on exactly from the one
        that it replaces, however long it takes to the controller.
        """
        stamp = seconds_to_stamp(command.start if answered is None else answered)
        self._last = trajectory_to_msg(command.trajectory, self._joint_names, stamp)
        if command.opening is not None and self._gripper is not None:
            self._gripper.send(command.opening, stamp)
        self._commands.publish(self._last)
        self.commands += 1
        self.holds += command.held
        self.gate(command.reason if command.held else "")

    def gate(self, reason: str) -> None:
        """Tell why the arm is held, if that has changed; an empty reason lets it move."""
        if reason != self._hold_reason:
            self._hold_reason = reason
            self._publish_gate(bool(reason), reason)

    def repeat(self) -> None:
        """Send the last command again, with its old stamp."""
        if self._gripper is not None:
            self._gripper.repeat()
        if self._last is not None:
            self._commands.publish(self._last)

    def step(self, step: Step, spec: RolloutSpec) -> None:
        """Send one transition."""
        self._steps.publish(
            transition_to_msg(step, spec, self._joint_names, self._robot.gripper_joint_names)
        )

    def _publish_gate(self, holding: bool, reason: str) -> None:
        message = GateStatus(holding=holding, reason=reason)
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.holds, message.commands = self.holds, self.commands
        self._gate.publish(message)
