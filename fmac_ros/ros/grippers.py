"""How the gripper is told what to do: a trajectory for its fingers, or an action of its driver."""

from __future__ import annotations

from typing import Any, Protocol

from builtin_interfaces.msg import Time
from rclpy.action import ActionClient
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.control.gripper import finger_positions, stroke_time
from fmac_ros.robots import RobotConfig
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import fingers_to_msg

NO_CONTROL_MSGS = (
    "gripper_action {action!r} needs the package control_msgs, which is not installed: "
    "apt install ros-$ROS_DISTRO-control-msgs; or leave gripper_action empty"
)
_LOG_PERIOD = 5.0  # [s]


class Gripper(Protocol):
    """Takes openings from 0, closed, to 1, open."""

    def send(self, opening: float, stamp: Time | None) -> None:
        """Ask for an opening; ``stamp`` names the state that is answered, None is now."""
        ...

    def repeat(self) -> None:
        """Ask again, with the old stamp, where the other side waits for every command."""
        ...


def make_gripper(node: Node, robot: RobotConfig, action: str = "") -> Gripper:
    """The gripper behind ``action``, or behind a trajectory controller where that is empty.

    Raises:
        ValueError: an action, and its message package is not installed.
    """
    if not action:
        return FingerTrajectories(node, robot)
    try:
        from control_msgs.action import GripperCommand  # only a ROS host has it
    except ImportError as error:
        raise ValueError(NO_CONTROL_MSGS.format(action=action)) from error
    return GripperActions(node, robot, action, GripperCommand)


class FingerTrajectories:
    """Publishes on ``<gripper_controller>/joint_trajectory``."""

    def __init__(self, node: Node, robot: RobotConfig) -> None:
        self._robot = robot
        self._last: JointTrajectory | None = None
        topic = names.joint_trajectory(robot.gripper_controller)
        self._publisher = node.create_publisher(JointTrajectory, topic, qos.COMMAND)

    def send(self, opening: float, stamp: Time | None) -> None:
        """Send a trajectory to an opening; it goes on from where the fingers are."""
        target = finger_positions(self._robot, opening)
        fingers = self._robot.gripper_joint_names
        self._last = fingers_to_msg(target, stroke_time(self._robot), fingers, stamp)
        self._publisher.publish(self._last)

    def repeat(self) -> None:
        """Send the last trajectory again."""
        if self._last is not None:
            self._publisher.publish(self._last)


class GripperActions:
    """Sends goals of control_msgs/GripperCommand, one for each change of the opening.

    The position of a goal is that of one finger [m], as franka_gripper reads it.

    Args:
        kind: the action's type.
    """

    def __init__(self, node: Node, robot: RobotConfig, action: str, kind: Any) -> None:
        self._robot, self._kind, self._log = robot, kind, node.get_logger()
        self._client: ActionClient = ActionClient(node, kind, action)
        self._name = node.resolve_topic_name(action)
        self._asked: float | None = None

    def send(self, opening: float, stamp: Time | None) -> None:
        """Send a goal where the opening is another than before; nothing waits for its end."""
        if opening == self._asked:
            return
        if not self._client.server_is_ready():
            self._log.warning(
                f"no gripper at {self._name}, the fingers stay", throttle_duration_sec=_LOG_PERIOD
            )
            return
        self._asked = opening
        goal = self._kind.Goal()
        goal.command.position = float(finger_positions(self._robot, opening)[0])
        self._client.send_goal_async(goal)

    def repeat(self) -> None:
        """Nothing: an action's goal is not lost."""
