"""Runs episodes on a graph that is there, as trainer_node does. For measurements."""

from __future__ import annotations

import threading

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from fmac_ros.ros.calls import Caller
from fmac_ros.ros.robot_client import RosRobot
from fmac_ros.ros.trainer_hooks import PolicyPublisherHook, RunIdentity
from fmac_ros.types import Episode, RolloutSpec


class GraphProbe:
    """A node with a thread of its own to spin in. A context manager."""

    def __init__(self, domain: int) -> None:
        self._domain = domain
        self._stop = threading.Event()

    def __enter__(self) -> GraphProbe:
        self._context = rclpy.Context()
        # The process around us decides what a signal does.
        options = SignalHandlerOptions.NO
        rclpy.init(context=self._context, domain_id=self._domain, signal_handler_options=options)
        self._node = Node("graph_probe", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._robot = RosRobot(self._node, Caller(self._node, self._stop, lambda text: None))
        identity = RunIdentity("speed", "", "", "speed")
        self._publisher = PolicyPublisherHook(self._node, identity)
        self._thread = threading.Thread(target=self._spin, name="probe", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._executor.shutdown(timeout_sec=1.0)
        self._thread.join(5.0)
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def act_with(self, version: int, data: bytes) -> None:
        """Let the policy node act with these parameters."""
        self._publisher.on_parameters(version, data)
        self._robot.min_policy_version = version

    def rollout(self, spec: RolloutSpec) -> Episode:
        """Run one episode. Raises what ``RosRobot.rollout`` does."""
        return self._robot.rollout(spec)

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return
