"""Stands between a robot side and the graph, and lets messages through, or spoils them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, JointState
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.robots import RobotConfig
from fmac_ros.ros import names, qos
from fmac_ros.ros.fault_kinds import Fault

RAW = "raw"  # namespace of the robot side's own topics
CAMERAS = ("front", "side")


@dataclass(frozen=True)
class Link:
    """One topic that is relayed.

    Attributes:
        topic: name in the graph; the robot side's has RAW before it.
        to_robot: whether it goes from the graph to the robot side.
    """

    topic: str
    kind: type
    profile: QoSProfile
    to_robot: bool = False

    @property
    def raw(self) -> str:
        """Name on the robot side; the absolute /clock stays absolute."""
        name = self.topic.lstrip("/")
        return f"/{RAW}/{name}" if self.topic.startswith("/") else f"{RAW}/{name}"


def robot_side(robot: RobotConfig) -> tuple[Link, ...]:
    """All that passes between pybullet_sim and the graph, but resets and the ground truth."""
    return (
        Link(names.CLOCK, Clock, qos.CLOCK),
        Link(names.JOINT_STATES, JointState, qos.RELIABLE),
        *(Link(names.camera_image(camera), Image, qos.RELIABLE) for camera in CAMERAS),
        Link(names.joint_trajectory(robot.controller), JointTrajectory, qos.COMMAND, True),
    )


def remappings(links: tuple[Link, ...]) -> list[str]:
    """Arguments that put a robot side behind the relay."""
    return [word for link in links for word in ("--remap", f"{link.topic}:={link.raw}")]


class FaultRelay:
    """Relays every link as it is, until it is told what shall happen to its messages.

    Messages that nothing happens to are passed on without being looked at.
    """

    def __init__(self, node: Node, links: tuple[Link, ...]) -> None:
        self._faults: dict[str, Fault] = {}
        self._known = {link.topic for link in links}
        for link in links:
            source, target = (link.topic, link.raw) if link.to_robot else (link.raw, link.topic)
            publisher: Any = node.create_publisher(link.kind, target, link.profile)
            passer = self._passer(link, publisher)
            node.create_subscription(link.kind, source, passer, link.profile, raw=True)

    def spoil(self, topic: str, fault: Fault | None) -> None:
        """Let this happen to the messages of a topic from now on; None lets them through."""
        if topic not in self._known:
            raise ValueError(f"topic is {topic!r}, valid: {', '.join(sorted(self._known))}")
        if fault is None:
            self._faults.pop(topic, None)
        else:
            self._faults[topic] = fault

    def heal(self) -> None:
        """Let everything through."""
        self._faults.clear()

    def _passer(self, link: Link, publisher: Any) -> Callable[[bytes], None]:
        def _on_message(data: bytes) -> None:
            fault = self._faults.get(link.topic)
            if fault is None:
                publisher.publish(data)
                return
            message: Any = deserialize_message(data, link.kind)
            for one in fault(message):
                publisher.publish(one)

        return _on_message
