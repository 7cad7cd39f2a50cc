"""Holds the arm of a node, at once and with a published reason, whoever asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node

from fmac_ros.control.controller import ArmController
from fmac_ros.control.gate import FOREIGN, SILENCE
from fmac_ros.control.interlock import Interlock
from fmac_ros.control.watchdog import Watchdog
from fmac_ros.ros import names
from fmac_ros.ros.interlock_inputs import InterlockInputs
from fmac_ros.ros.policy_config import PolicyConfig
from fmac_ros.ros.policy_publisher import PolicyPublisher
from fmac_ros.ros.strangers import StrangerWatch


class ArmGuard:
    """Operator, emergency stop, robot, speed scaling, silence and strangers: each may hold it.

    Args:
        now: time for the controller [s], of a world that is not in lock-step.

    Attributes:
        interlock: for the controller that is guarded.
        controller: the one to halt; None before there is one.
    """

    def __init__(
        self, node: Node, config: PolicyConfig, publisher: PolicyPublisher, now: Callable[[], float]
    ) -> None:
        ready = config.robot_ready_topic
        self.interlock = Interlock(config.start_armed, ready=not ready)
        self.controller: ArmController | None = None
        self._log = node.get_logger()
        self._publisher = publisher
        self._now = now
        self._lockstep = config.lockstep
        self._operated = not config.start_armed
        self._watchdog = Watchdog(config.command_timeout)
        self._commands = 0  # sent when the watchdog was fed last
        self._fault = self._found = ""
        self._strangers = (
            StrangerWatch(node, publisher.topic, own=True),
            StrangerWatch(node, names.OBSERVATION, own=False),
        )
        self._inputs = InterlockInputs(
            node,
            self.interlock,
            self._on_change,
            config.speed_scaling_topic,
            config.full_speed_scaling,
            ready,
        )
        self._on_change()

    def watch(self, running: bool) -> None:
        """Hold an arm beside a stranger, or left without a command by a running episode.

        Call periodically. A lock-step world stands still until it has a command.
        """
        self._look_for_strangers()
        self._inputs.tell()
        self._on_change()
        if self._lockstep or not running:
            self._watchdog.rest()
        elif self._publisher.commands != self._commands:
            self._commands = self._publisher.commands
            self._watchdog.feed(time.monotonic())
        elif self._watchdog.bites(time.monotonic()):
            self._halt(SILENCE)

    def _look_for_strangers(self) -> None:
        found = next(filter(None, (watch.found() for watch in self._strangers)), "")
        if found and found != self._found:
            self._log.error(f"{FOREIGN}: {found}; end what does not belong there")
            if self._operated:
                self.interlock.disarm(FOREIGN)
        self._found = found
        self.interlock.obstacle = FOREIGN if found else ""

    def _on_change(self) -> None:
        fault = self.interlock.fault
        if fault == self._fault:
            return
        self._fault = fault
        if fault:
            self._log.warning(f"the arm is held: {fault}")
            self._halt(fault)
        else:
            self._log.info("the arm may move")
            self._publisher.gate("")

    def _halt(self, reason: str) -> None:
        reason = self._fault or reason
        if self.controller is not None and not self._lockstep:
            command = self.controller.halt(self._now(), reason)
            if command is not None:
                self._publisher.command(command, None)
                self._commands = self._publisher.commands
        self._publisher.gate(reason)
