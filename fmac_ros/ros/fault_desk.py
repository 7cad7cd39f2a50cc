"""A hand on a running graph: its relay, its recorder, its operator, and an intruder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Bool, Float64
from std_srvs.srv import SetBool

from fmac_ros.action import Rollout
from fmac_ros.msg import PolicyParameters
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.fault_relay import RAW, FaultRelay, robot_side
from fmac_ros.ros.motion_recorder import MotionRecorder
from fmac_ros.ros.spinning import spin_until_shutdown
from fmac_ros.srv import Reset

POLL = 0.01  # [s]


class FaultDesk:
    """Spun in a thread of its own. A context manager.

    Attributes:
        node: for entities of one's own.
        relay: between the robot side and the graph.
        recorder: of the arm's motion, from topics that the relay does not spoil.
    """

    def __init__(self, robot: str, domain: int) -> None:
        self._robot = robot
        self._domain = domain

    def __enter__(self) -> FaultDesk:
        self._context = rclpy.Context()
        _init(self._context, self._domain)
        self.node = rclpy.create_node("fault_desk", context=self._context)
        self.relay = FaultRelay(self.node, robot_side(load_robot(self._robot)))
        self.recorder = MotionRecorder(self.node, self._robot, f"{RAW}/{names.JOINT_STATES}")
        publish = self.node.create_publisher
        self.stop = publish(Bool, names.EMERGENCY_STOP, qos.RELIABLE)
        self.speed = publish(Float64, names.SPEED_SCALING, qos.RELIABLE)
        self.parameters = publish(PolicyParameters, names.POLICY_PARAMETERS, qos.LATCHED)
        self.arming: Any = self.node.create_client(SetBool, "policy_node/arm")
        self.resetting: Any = self.node.create_client(Reset, names.RESET)
        self.rollouts: Any = ActionClient(self.node, Rollout, names.ROLLOUT)
        self._thread = threading.Thread(target=self._spin, name="fault desk", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        rclpy.shutdown(context=self._context)
        self._thread.join(timeout=5.0)
        self.node.destroy_node()

    def _spin(self) -> None:
        spin_until_shutdown(self.node, self._context)

    def arm(self, armed: bool = True, timeout: float = 5.0) -> tuple[bool, str]:
        """Arm or disarm as an operator does; whether it was done, and why not."""
        answer = self.call(self.arming, SetBool.Request(data=armed), timeout)
        return (answer.success, answer.message) if answer else (False, "no answer")

    def reset(self, seed: int, task: str, timeout: float = 10.0) -> bool:
        """Set the scene up."""
        answer = self.call(self.resetting, Reset.Request(seed=seed, split="train", task=task))
        return bool(answer and answer.ok)

    def call(self, client: Any, request: Any, timeout: float = 10.0) -> Any:
        """The answer of a service, None without one in time [s]."""
        if not client.wait_for_service(timeout_sec=timeout):
            return None
        future = client.call_async(request)
        return future.result() if until(future.done, timeout) else None

    def another(self, name: str) -> Intruder:
        """A second node of another name."""
        return Intruder(name, self._domain)


class Intruder:
    """A node that does not belong to the graph, in the same domain. A context manager."""

    def __init__(self, name: str, domain: int) -> None:
        self._name, self._domain = name, domain

    def __enter__(self) -> Node:
        self._context = rclpy.Context()
        _init(self._context, self._domain)
        self._node = rclpy.create_node(self._name, context=self._context)
        return self._node

    def __exit__(self, *_: object) -> None:
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


def _init(context: rclpy.Context, domain: int) -> None:
    # The process around us decides what a signal does.
    no_handlers = SignalHandlerOptions.NO
    rclpy.init(context=context, domain_id=domain, signal_handler_options=no_handlers)


def until(done: Callable[[], object], timeout: float) -> bool:
    """Wait until ``done()`` is true; False after ``timeout`` [s]."""
    end = time.monotonic() + timeout
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(POLL)
    return True
