"""A cell on the wall clock for measuring the graph: an ideal arm and cameras of any size.

The arm is exactly where its trajectory is, the pictures were rendered before: what it costs
to simulate does not disturb the measurement. ``python -m fmac_ros.ros.timed_cell``.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import Image, JointState
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.control.trajectory import Trajectory
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import (
    array_to_image,
    floats_to_field,
    stamp_to_seconds,
    trajectory_to_arrays,
)
from fmac_ros.ros.parameters import declare, parameter
from fmac_ros.ros.run import run_node
from fmac_ros.sim.world import World
from fmac_ros.srv import Reset

JOINT_RATE_HZ = 100.0
PICTURES = 12  # of each camera, in turn


@dataclass(frozen=True)
class CellConfig:
    """Parameters of the cell."""

    task: str = parameter(description="sentence whose scene the pictures show")
    robot: str = parameter("panda", description="arm, in config/robots")
    width: int = parameter(640, description="of the images [px]", minimum=64, maximum=4096)
    height: int = parameter(480, description="of the images [px]", minimum=64, maximum=4096)
    rate_hz: float = parameter(10.0, description="images a second", minimum=1.0, maximum=60.0)


class TimedCell(Node):
    """Publishes joint states and images, takes trajectories and resets."""

    def __init__(self, **options: Any) -> None:
        super().__init__("timed_cell", **options)
        config = declare(self, CellConfig)
        self._robot = load_robot(config.robot)
        self._pictures = _render(config)
        self._home()
        self._turn = 0
        self._joints = self.create_publisher(JointState, names.JOINT_STATES, qos.RELIABLE)
        self._images: dict[str, Publisher[Image]] = {
            camera: self.create_publisher(Image, names.camera_image(camera), qos.RELIABLE)
            for camera in self._pictures
        }
        topic = names.joint_trajectory(self._robot.controller)
        self.create_subscription(JointTrajectory, topic, self._on_trajectory, qos.COMMAND)
        self.create_service(Reset, names.RESET, self._on_reset)
        self.create_timer(1.0 / JOINT_RATE_HZ, self._on_joints)
        self.create_timer(1.0 / config.rate_hz, self._on_images)

    def _home(self) -> None:
        home = np.stack([self._robot.home] * 2)
        still = np.zeros_like(home)
        self._start, self._path = time.time(), Trajectory(np.arange(2.0), home, still, still)

    def _on_trajectory(self, message: JointTrajectory) -> None:
        times, positions, velocities = trajectory_to_arrays(message, self._robot.joint_names)
        rates = np.array([point.accelerations for point in message.points], float)
        self._start = stamp_to_seconds(message.header.stamp) or time.time()
        self._path = Trajectory(times, positions, velocities, rates)

    def _on_reset(self, request: Reset.Request, response: Reset.Response) -> Reset.Response:
        self._home()
        response.ok = True
        return response

    def _on_joints(self) -> None:
        now = self.get_clock().now()
        state = self._path.at(now.nanoseconds / 1e9 - self._start)
        message = JointState(name=list(self._robot.joint_names))
        message.header.stamp = now.to_msg()
        message.position = floats_to_field(state.q, "d")
        message.velocity = floats_to_field(state.v, "d")
        self._joints.publish(message)

    def _on_images(self) -> None:
        self._turn += 1
        for camera, publisher in self._images.items():
            stamp = self.get_clock().now().to_msg()  # as camera_node stamps what it grabs
            pictures = self._pictures[camera]
            picture = pictures[self._turn % len(pictures)]
            publisher.publish(array_to_image(picture, stamp, f"{camera}_optical_frame"))


def _render(config: CellConfig) -> dict[str, list[np.ndarray]]:
    """Pictures of a random motion; beside a square one black bars fill the width."""
    side = min(config.width, config.height)
    world = World(load_robot(config.robot), config.task, side)
    rng = np.random.default_rng(0)
    pictures: dict[str, list[np.ndarray]] = {camera: [] for camera in world.camera_names}
    for _ in range(PICTURES):
        world.reset(int(rng.integers(1000)))
        world.arm.place(world.robot.home + rng.normal(0.0, 0.1, world.robot.size))
        for camera, kept in pictures.items():
            frame = np.zeros((config.height, config.width, 3), np.uint8)
            top, left = (config.height - side) // 2, (config.width - side) // 2
            frame[top : top + side, left : left + side] = world.render(camera)
            kept.append(frame)
    world.close()
    return pictures


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    return run_node(TimedCell)


if __name__ == "__main__":
    sys.exit(main())
