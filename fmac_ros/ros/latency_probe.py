"""Notes when observations, transitions and commands left their publishers."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.bench.latency.pairing import Heard
from fmac_ros.msg import Observation, TrainerStatus, Transition
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import stamp_to_seconds


class LatencyProbe:
    """Listens beside the graph; the times are the publishers' own, from the middleware.

    Args:
        behaviours: of the episodes that count.

    Attributes:
        heard: what was noted while ``on``.
        on: whether to note.
        updates: of the learner, so far.
    """

    def __init__(self, node: Node, robot: str, behaviours: tuple[str, ...] = ("policy",)) -> None:
        self._behaviours = behaviours
        self.heard = Heard()
        self.on = False
        self.updates = 0
        topic = names.joint_trajectory(load_robot(robot).controller)
        listen = node.create_subscription
        listen(Observation, names.OBSERVATION, self._on_observation, qos.RELIABLE)
        listen(Transition, names.TRANSITIONS, self._on_transition, qos.TRANSITIONS)
        listen(JointTrajectory, topic, self._on_command, qos.RELIABLE)
        listen(TrainerStatus, names.TRAINER_STATUS, self._on_status, qos.RELIABLE)

    def _on_observation(self, message: Observation, info: Any) -> None:
        stamp = stamp_to_seconds(message.header.stamp)
        self.heard.observations[stamp] = _left(info)

    def _on_transition(self, message: Transition, info: Any) -> None:
        ended = message.terminated or message.truncated
        if self.on and not ended and message.behaviour in self._behaviours:
            stamp = stamp_to_seconds(message.next_observation.header.stamp)
            self.heard.transitions.append((_left(info), stamp))

    def _on_command(self, message: JointTrajectory, info: Any) -> None:
        if self.on:
            self.heard.commands.append(_left(info))

    def _on_status(self, message: TrainerStatus) -> None:
        self.updates = message.updates


def _left(info: Any) -> float:
    """When a message left [s]; rclpy gives nanoseconds, by name."""
    return float(info["source_timestamp"]) / 1e9
