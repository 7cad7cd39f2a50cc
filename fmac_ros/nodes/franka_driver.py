"""franka_driver: a Franka arm behind the ros2_control contract, for hosts without franka_ros2.

It is the last process before the arm. It starts disarmed, checks every trajectory, holds the arm
when none follows, and disarms at every fault; ``~/arm`` and ``~/recover`` are for operators.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, String
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.drivers.franka.arm import REALTIME, ArmState, FrankaArm
from fmac_ros.drivers.franka.description import read_description
from fmac_ros.drivers.franka.driver import Driver
from fmac_ros.drivers.franka.hand import Hand
from fmac_ros.drivers.franka.motion import Dynamics
from fmac_ros.drivers.franka.way import Way
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import ConversionError, stamp_to_seconds, trajectory_to_arrays
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.joint_states import joint_state_msg
from fmac_ros.ros.parameters import ParameterError, declare, parameter
from fmac_ros.ros.run import run_node

_LOG_PERIOD = 5.0  # [s] between two lines about the same trouble


@dataclass(frozen=True)
class FrankaConfig:
    """Parameters of franka_driver."""

    address: str = parameter(description="name or IP address of the arm")
    robot: str = parameter(description="arm to drive, in config/robots")
    realtime: str = parameter(
        "enforce",
        description="enforce needs a real-time kernel; ignore is for a simulated arm",
        choices=REALTIME,
    )
    gripper: bool = parameter(True, description="drive the hand, too")
    description: str = parameter(
        "franky_sim:fr3.urdf",
        description="URDF to publish: a path, a file of franky-sim, or empty for none",
    )
    state_rate_hz: float = parameter(
        100.0, description="joint states per second", minimum=10.0, maximum=500.0
    )
    command_timeout: float = parameter(
        0.5, description="silence after a command that holds the arm [s]", minimum=0.1, maximum=10.0
    )

    def __post_init__(self) -> None:
        if not self.address:
            raise ValueError("address is empty, valid: the arm's name or IP address")


class FrankaDriver(Node):
    """Takes joint trajectories, publishes joint states, readiness and a robot description."""

    def __init__(self, **options: Any) -> None:
        super().__init__("franka_driver", **options)
        self._config = config = declare(self, FrankaConfig)
        try:
            self._robot = robot = load_robot(config.robot)
            urdf = read_description(config.description)
        except (ValueError, OSError) as error:
            raise ParameterError(f"parameters of franka_driver: {error}") from error
        dynamics = Dynamics.of(robot)
        self._driver = Driver(
            robot,
            lambda: FrankaArm(config.address, config.realtime, dynamics, config.command_timeout),
            config.command_timeout,
        )
        self._published = -1.0  # [s] of the arm
        self._hand: Hand | None = None
        self._sought_hand = False  # once per connection
        self._told: tuple[bool, str] | None = None
        self._diagnostics = Diagnostics(self, hardware_id=f"franka {config.address}")
        self._joints = self.create_publisher(JointState, names.JOINT_STATES, qos.RELIABLE)
        self._ready = self.create_publisher(Bool, "~/ready", qos.LATCHED)
        self._description = self.create_publisher(String, names.ROBOT_DESCRIPTION, qos.LATCHED)
        if urdf:
            self._description.publish(String(data=urdf))
        self._tell()
        self._listen()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / config.state_rate_hz, self._on_tick, clock=steady)

    def _listen(self) -> None:
        robot = self._robot
        for controller, listener in (
            (robot.controller, self._on_trajectory),
            (robot.gripper_controller, self._on_fingers),
        ):
            topic = names.joint_trajectory(controller)
            self.create_subscription(JointTrajectory, topic, listener, qos.COMMAND)
        self.create_service(SetBool, "~/arm", self._on_arm)
        self.create_service(Trigger, "~/recover", self._on_recover)

    def _on_trajectory(self, message: JointTrajectory) -> None:
        try:
            way = Way(*trajectory_to_arrays(message, self._robot.joint_names))
            refusal = self._driver.command(way, self._age(message), time.monotonic())
        except ConversionError as error:
            self._driver.counts.refused += 1
            refusal = str(error)
        if refusal:
            self._complain(f"command refused: {refusal}")
        self._tell()

    def _on_fingers(self, message: JointTrajectory) -> None:
        if self._hand is None:
            return
        try:
            _, positions, _ = trajectory_to_arrays(message, self._robot.gripper_joint_names)
        except ConversionError as error:
            self._complain(f"gripper command refused: {error}")
            return
        if self._driver.ready:
            lower, upper = self._robot.gripper_closed, self._robot.gripper_open
            self._hand.go(float(np.clip(positions[-1], lower, upper).sum()))

    def _age(self, message: JointTrajectory) -> float:
        """How long ago a trajectory began [s]; a zero stamp begins now."""
        start = stamp_to_seconds(message.header.stamp)
        return 0.0 if start == 0.0 else self.get_clock().now().nanoseconds / 1e9 - start

    def _on_arm(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        refusal = self._driver.arm(request.data)
        response.success = not refusal
        response.message = refusal or ("armed" if request.data else "disarmed")
        self._tell()
        return response

    def _on_recover(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        refusal = self._driver.recover()
        response.success = not refusal
        response.message = refusal or "recovered; not armed"
        self._tell()
        return response

    def _on_tick(self) -> None:
        state = self._driver.tick(time.monotonic())
        if state is None:
            self._drop_hand()
        else:
            self._publish(state)
        self._tell()

    def _publish(self, state: ArmState) -> None:
        if state.time == self._published:
            return  # an old state must not go out with a new stamp
        self._published = state.time
        joints = self._robot.joint_names
        parts = [(state.positions, state.velocities, state.efforts)]
        if self._config.gripper and not self._sought_hand:
            self._find_hand()
        if self._hand is not None:
            if not self._driver.ready:
                self._hand.forget()
            self._hand.tick()
            width, speed = self._hand.measured
            fingers = self._robot.gripper_joint_names
            share = np.full(len(fingers), 1 / len(fingers))
            joints = joints + fingers
            parts.append((width * share, speed * share, 0.0 * share))
        stamp = self.get_clock().now().to_msg()
        self._joints.publish(joint_state_msg(joints, parts, stamp))

    def _find_hand(self) -> None:
        self._sought_hand = True
        try:
            self._hand = Hand(self._config.address)
        except RuntimeError as error:
            self._complain(f"no hand, set the parameter gripper to false without one: {error}")

    def _drop_hand(self) -> None:
        hand, self._hand, self._sought_hand = self._hand, None, False
        if hand is not None:
            hand.close()

    def _tell(self) -> None:
        """Publish what has changed of readiness and health."""
        driver = self._driver
        told = (driver.ready, driver.reason)
        if told != self._told:
            self._told = told
            self._ready.publish(Bool(data=driver.ready))
            self.get_logger().info(driver.reason or "armed, the arm may move")
        counts = vars(driver.counts) | {"hand": self._hand.fault if self._hand else "none"}
        if driver.ready:
            self._diagnostics.ok("armed", **counts)
        else:
            self._diagnostics.warn(driver.reason, **counts)

    def _complain(self, trouble: str) -> None:
        self.get_logger().warning(trouble, throttle_duration_sec=_LOG_PERIOD)

    def destroy_node(self) -> None:
        """Bring the arm to rest, then end the node."""
        self._driver.close()
        self._drop_hand()
        super().destroy_node()


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    return run_node(FrankaDriver)


if __name__ == "__main__":
    sys.exit(main())
