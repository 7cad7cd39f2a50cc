"""The arm of a node: from its own files, or from /robot_description where it has no URDF."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node
from std_msgs.msg import String

from fmac_ros.control.controller import ArmController
from fmac_ros.control.description import fit_to_description
from fmac_ros.control.interlock import Interlock
from fmac_ros.robots import RobotConfig
from fmac_ros.ros import names, qos


class DescribedArm:
    """Makes the controller once it is known what the arm is like.

    Args:
        ready: called with the controller, at once if nothing has to be waited for.
        follow_timeout: as of ArmController [s].

    Attributes:
        waits_for: what is missing, for people; empty once there is a controller.

    Raises:
        ValueError: the arm's own files do not fit together.
    """

    def __init__(
        self,
        node: Node,
        robot: RobotConfig,
        action_space: str,
        interlock: Interlock,
        ready: Callable[[ArmController], None],
        follow_timeout: float = 0.0,
    ) -> None:
        self.waits_for = ""
        self._log = node.get_logger()
        self._robot = robot
        self._action_space = action_space
        self._interlock = interlock
        self._ready = ready
        self._follow_timeout = follow_timeout
        if robot.urdf is not None:
            self._make(robot, None)
            return
        topic = node.resolve_topic_name(names.ROBOT_DESCRIPTION)
        self.waits_for = f"robot {robot.name} has no URDF here, waiting for {topic}"
        self._log.info(self.waits_for)
        node.create_subscription(String, names.ROBOT_DESCRIPTION, self._on_description, qos.LATCHED)

    def _on_description(self, message: String) -> None:
        if not self.waits_for:
            return  # a description that changes needs a new node
        try:
            robot, changes = fit_to_description(self._robot, message.data)
            self._make(robot, message.data)
        except ValueError as error:
            self.waits_for = f"robot_description refused: {error}"
            self._log.error(self.waits_for)
            return
        for change in changes:
            self._log.warning(change)

    def _make(self, robot: RobotConfig, urdf: str | None) -> None:
        controller = ArmController(
            robot,
            self._action_space,
            urdf=urdf,
            interlock=self._interlock,
            follow_timeout=self._follow_timeout,
        )
        if not controller.collisions.from_meshes:
            self._log.warning(
                f"the URDF of {robot.name} has no collision shapes, or names a mesh that is not"
                " on this machine: capsules between the joints are checked for collisions"
            )
        self.waits_for = ""
        self._ready(controller)
