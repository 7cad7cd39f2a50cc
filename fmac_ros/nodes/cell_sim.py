"""cell_sim: a simulated table and cameras around an arm that is driven elsewhere.

A PyBullet scene whose arm goes where ``joint_states`` say: it presses, pushes and is seen, but
commands nothing. Real time, by the wall clock: images at ``camera_rate_hz``, ground truth for
evaluation, and ``reset_scene``, which changes the objects and leaves the arm alone.
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

from fmac_ros.control.gripper import finger_positions, opening_of
from fmac_ros.robots import RobotConfig, load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.cell import ScenePublisher
from fmac_ros.ros.conversions import ConversionError, has_joints, joint_state_to_arrays
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.parameters import ParameterError, declare, parameter
from fmac_ros.ros.run import run_node
from fmac_ros.sim.world import TIME_STEP, World
from fmac_ros.srv import Reset

_TICK_RATE_HZ = 100.0
_AHEAD = 0.03  # [s] that the arm goes on between two joint states
_SILENCE = 0.5  # [s] without joint states after which no image is sent: it would show the past
_MAX_LAG = 0.2  # [s] behind the wall clock before it is given up
_LOG_PERIOD = 5.0  # [s] between two lines about the same trouble


@dataclass(frozen=True)
class CellConfig:
    """Parameters of cell_sim."""

    task: str = parameter(description="sentence whose scene is set up; of several, the first")
    robot: str = parameter(description="arm that is driven elsewhere, in config/robots")
    stand_in: str = parameter(
        "panda", description="arm to show where the robot has no URDF here: one that moves alike"
    )
    camera_rate_hz: float = parameter(
        10.0, description="images per second", minimum=0.5, maximum=60.0
    )
    image_size: int = parameter(
        128, description="height and width of the images [px]", minimum=32, maximum=1024
    )
    seed: int = parameter(0, description="layout before the first reset", minimum=0)


class CellSim(Node):
    """Shows the arm among objects; takes joint states, answers ``reset_scene``."""

    def __init__(self, **options: Any) -> None:
        super().__init__("cell_sim", **options)
        self._config = config = declare(self, CellConfig)
        try:
            self._robot = load_robot(config.robot)
            self._world = World(
                _shown(self._robot, config.stand_in), config.task, config.image_size
            )
        except (ValueError, OSError) as error:
            raise ParameterError(f"parameters of cell_sim: {error}") from error
        self._world.reset(config.seed, "train")
        self._layout = (config.seed, "train")
        self._heard: float | None = None  # [s] monotonic, of the last joint states
        self._diagnostics = Diagnostics(self, hardware_id=f"pybullet {config.robot}")
        self._scene = ScenePublisher(self, self._world)
        self.create_subscription(JointState, names.JOINT_STATES, self._on_joints, qos.SENSOR)
        self.create_service(Reset, names.RESET_SCENE, self._on_reset)
        self._ticked = time.monotonic()
        self._due = 0.0  # [s] that the wall clock is ahead
        self._next_images = self._ticked
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / _TICK_RATE_HZ, self._on_tick, clock=steady)

    def _on_joints(self, message: JointState) -> None:
        try:
            positions, velocities = joint_state_to_arrays(message, self._robot.joint_names)
            self._move_fingers(message)
        except ConversionError as error:
            self._complain(f"joint states refused: {error}")
            return
        if self._heard is None:
            self._world.arm.place(positions)
        self._world.lead(positions, velocities, _AHEAD)
        self._heard = time.monotonic()

    def _move_fingers(self, message: JointState) -> None:
        fingers = self._robot.gripper_joint_names
        if has_joints(message.name, fingers):
            opening = opening_of(self._robot, joint_state_to_arrays(message, fingers)[0])
            self._world.grip(finger_positions(self._world.robot, opening))

    def _on_tick(self) -> None:
        """Follow the wall clock by whole physics steps; what is left over stays due."""
        now = time.monotonic()
        self._due += now - self._ticked
        self._ticked = now
        if self._due > _MAX_LAG:
            self._complain(f"slower than real time, {self._due:.1f} s given up")
            self._due = 0.0
        steps = int(self._due / TIME_STEP)
        if steps > 0:
            self._world.step(steps * TIME_STEP)
            self._due -= steps * TIME_STEP
        if now >= self._next_images:
            self._next_images = max(self._next_images + 1.0 / self._config.camera_rate_hz, now)
            self._show(now)

    def _show(self, now: float) -> None:
        if self._heard is None or now - self._heard > _SILENCE:
            self._diagnostics.warn("no joint states, so that there is nothing to show")
            return
        self._scene.publish_scene(*self._layout, self.get_clock().now().to_msg())
        self._diagnostics.ok("real time")

    def _on_reset(self, request: Reset.Request, response: Reset.Response) -> Reset.Response:
        before = self._world.goal
        try:
            self._world.ask(request.task)
            self._world.set_layout(request.seed, request.split)
        except ValueError as error:
            self._world.goal = before
            response.message = str(error)
            return response
        self._layout = (request.seed, request.split)
        response.ok = True
        response.message = f"layout {request.seed} of {request.split}"
        return response

    def _complain(self, trouble: str) -> None:
        self._diagnostics.warn(trouble)
        self.get_logger().warning(trouble, throttle_duration_sec=_LOG_PERIOD)

    def destroy_node(self) -> None:
        """End the physics, then the node."""
        self._world.close()
        super().destroy_node()


def _shown(robot: RobotConfig, stand_in: str) -> RobotConfig:
    """The arm to simulate for another one."""
    if robot.urdf is not None:
        return robot
    shown = load_robot(stand_in)
    if shown.size != robot.size or not np.allclose(shown.home, robot.home):
        raise ValueError(
            f"stand_in is {stand_in!r}, valid: an arm with the joints and home of {robot.name}"
        )
    return shown


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    return run_node(CellSim)


if __name__ == "__main__":
    sys.exit(main())
