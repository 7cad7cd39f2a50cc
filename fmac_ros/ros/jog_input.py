"""``~/jog`` (sensor_msgs/Joy): a person moves the tip, while a button is held."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import Joy

from fmac_ros.control.controller import ArmController
from fmac_ros.control.jog import Jog
from fmac_ros.ros import qos
from fmac_ros.ros.policy_publisher import PolicyPublisher
from fmac_ros.types import Observation

JOGGING = "a person moves the arm by ~/jog"
AXES = 3  # x, y, z of the world
DEADMAN = 0  # the button that must be held
MOST_AGE = 0.3  # [s]; joystick drivers repeat what is held
_HOLDS_ON = 0.5  # [s] after the last step, in which nobody else commands


class JogInput:
    """Answers observations with steps, when nobody else commands the arm.

    Args:
        has_arm: who commands the arm, other than the one it is given; empty if nobody.
        now: time for the controller [s].
    """

    def __init__(
        self,
        node: Node,
        controller: ArmController,
        publisher: PolicyPublisher,
        has_arm: Callable[[str], str],
        now: Callable[[float], float],
    ) -> None:
        self._jog, self._publisher = Jog(controller), publisher
        self._has_arm, self._now = has_arm, now
        self._stick = np.zeros(AXES)
        self._heard = self._stepped = -np.inf
        node.create_subscription(Joy, "~/jog", self._on_joy, qos.SENSOR)

    @property
    def active(self) -> bool:
        """Somebody jogs, or did so a moment ago."""
        return time.monotonic() - self._stepped < _HOLDS_ON

    def handle(self, observation: Observation) -> None:
        """Take an observation."""
        if time.monotonic() - self._heard > MOST_AGE or self._has_arm(JOGGING):
            self._jog.release()
            return
        self._stepped = time.monotonic()
        command = self._jog.step(observation, self._stick, self._now(observation.stamp))
        if command is not None:
            self._publisher.command(command, None)

    def _on_joy(self, message: Joy) -> None:
        held = len(message.buttons) > DEADMAN and message.buttons[DEADMAN] == 1
        if not held or len(message.axes) < AXES:
            self._heard = -np.inf
            return
        self._stick = np.array(message.axes[:AXES], float)
        self._heard = time.monotonic()
