"""pybullet_sim: a simulated cell behind the ros2_control contract.

Real time: physics follows the wall clock, joint states go out at ``_TICK_RATE_HZ``, images
at ``camera_rate_hz``.

Lock-step: each joint trajectory advances the simulation by exactly one control period, then
the new state goes out, all with one stamp. In an action space with the gripper, the command
of the gripper's own controller must have come, too. Three rules keep the loop alive:

- While no command comes, the state is published again, with its old stamp, at
  ``repeat_rate_hz``: nothing lost and nobody late can stop the loop.
- A command whose header carries the stamp of the state that it answers is obeyed once. One
  for another state (sent twice, or from before a reset) is ignored, so a sender may send
  again whenever it sees the same stamp again. A zero stamp is "now" and always obeyed.
- Simulated time never goes back and a reset moves it on: a stamp names one state.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.control.actions import ACTION_SPACES, EndEffectorDeltaGripper
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.cell import CellPublisher
from fmac_ros.ros.conversions import ConversionError, stamp_to_seconds, trajectory_to_arrays
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.parameters import ParameterError, declare, parameter
from fmac_ros.ros.publishing import brief
from fmac_ros.ros.run import run_node
from fmac_ros.sim.world import TIME_STEP, World
from fmac_ros.srv import Reset

_TICK_RATE_HZ = 100.0
_BRIDGE = 0.15  # [s] in which the arm comes over to a command that is late
_LOG_PERIOD = 5.0  # [s] between two lines about the same trouble
_MAX_LAG = 0.5  # [s] behind the wall clock before real time gives it up


@dataclass(frozen=True)
class SimConfig:
    """Parameters of pybullet_sim."""

    task: str = parameter(description="sentence whose scene is set up; of several, the first")
    robot: str = parameter("panda", description="arm to simulate, in config/robots")
    action_space: str = parameter(
        "ee_delta", description="what is commanded in lock-step", choices=ACTION_SPACES
    )
    lockstep: bool = parameter(
        True, description="advance one control period per command instead of by the wall clock"
    )
    real_time_factor: float = parameter(
        1.0, description="simulated per wall time, in real time", minimum=0.1, maximum=10.0
    )
    camera_rate_hz: float = parameter(
        10.0, description="images per simulated second, in real time", minimum=0.5, maximum=60.0
    )
    repeat_rate_hz: float = parameter(
        5.0, description="repetitions of a waiting state, in lock-step", minimum=0.5, maximum=50.0
    )
    image_size: int = parameter(
        128, description="height and width of the images [px]", minimum=32, maximum=1024
    )
    seed: int = parameter(0, description="layout of the scene before the first reset", minimum=0)


class PybulletSim(Node):
    """Takes joint trajectories and resets, publishes what a cell with cameras publishes."""

    def __init__(self, **options: Any) -> None:
        super().__init__("pybullet_sim", **options)
        self._config = declare(self, SimConfig)
        self._world = _make_world(self._config)
        self._layout = (self._config.seed, "train")
        self._world.reset(*self._layout)
        robot = self._world.robot
        self._commanded: set[str] = set()  # controllers that have answered the state
        self._awaited = {robot.controller}
        if self._config.action_space == EndEffectorDeltaGripper.name:
            self._awaited.add(robot.gripper_controller)
        self._period = 1.0 / robot.control_rate_hz
        self._diagnostics = Diagnostics(self, hardware_id=f"pybullet {robot.name}")
        self._cell = CellPublisher(self, self._world)
        for controller, listener in (
            (robot.gripper_controller, self._on_fingers),
            (robot.controller, self._on_trajectory),
        ):
            topic = names.joint_trajectory(controller)
            self.create_subscription(JointTrajectory, topic, listener, qos.COMMAND)
        self.create_service(Reset, names.RESET, self._on_reset)
        self._publish()
        self._start_clock()

    def _start_clock(self) -> None:
        self._ticked = time.monotonic()
        self._due = 0.0  # [s] of simulation that the wall clock is ahead
        self._next_images = self._world.time
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        if self._config.lockstep:
            self.create_timer(0.5 / self._config.repeat_rate_hz, self._on_wait, clock=steady)
        else:
            self.create_timer(1.0 / _TICK_RATE_HZ, self._on_tick, clock=steady)

    def _on_trajectory(self, message: JointTrajectory) -> None:
        try:
            times, positions, velocities = trajectory_to_arrays(message, self._world.joint_names)
            bridge = 0.0 if self._config.lockstep else _BRIDGE
            times = self._from_now(message, times)
            self._world.set_trajectory(times, positions, velocities, bridge)
        except ConversionError as error:
            self._complain(f"command refused: {error}")
            return
        self._answered(self._world.robot.controller)

    def _on_fingers(self, message: JointTrajectory) -> None:
        robot = self._world.robot
        try:
            times, positions, _ = trajectory_to_arrays(message, robot.gripper_joint_names)
            self._from_now(message, times)
        except ConversionError as error:
            self._complain(f"gripper command refused: {error}")
            return
        self._world.grip(positions[-1])  # the fingers go at their own speed
        self._answered(robot.gripper_controller)

    def _answered(self, controller: str) -> None:
        """In lock-step, move on once every controller has its command."""
        if not self._config.lockstep:
            return
        self._commanded.add(controller)
        if self._commanded >= self._awaited:
            self._world.step(self._period)
            self._publish()

    def _from_now(self, message: JointTrajectory, times: np.ndarray) -> np.ndarray:
        """Times of the points from now on, (k,) [s]; a zero stamp starts now."""
        start = stamp_to_seconds(message.header.stamp)
        now = self._world.time
        if start == 0.0:
            return times
        if self._config.lockstep:
            if abs(start - now) > self._period / 2:
                raise ConversionError(f"it answers the state of {start:.3f} s, now is {now:.3f} s")
            return times
        if start + times[-1] < now:
            raise ConversionError(f"it ends at {start + times[-1]:.3f} s, now is {now:.3f} s")
        return times + (start - now)

    def _on_reset(self, request: Reset.Request, response: Reset.Response) -> Reset.Response:
        before = self._world.goal
        try:
            self._world.ask(request.task)
            self._world.reset(request.seed, request.split)
        except ValueError as error:
            self._world.goal = before
            response.message = brief(error)
            return response
        self._layout = (request.seed, request.split)
        self._publish()
        response.ok = True
        response.message = f"layout {request.seed} of {request.split} at {self._world.time:.3f} s"
        return response

    def _publish(self) -> None:
        """Publish the whole state; both clocks go on from here."""
        self._cell.publish_all(*self._layout)
        self._commanded.clear()
        self._wall = time.monotonic()
        self._diagnostics.ok("lock-step" if self._config.lockstep else "real time")

    def _on_wait(self) -> None:
        if time.monotonic() - self._wall >= 1.0 / self._config.repeat_rate_hz:
            self._cell.repeat()
            self._wall = time.monotonic()

    def _on_tick(self) -> None:
        """Follow the wall clock by whole physics steps; what is left over stays due."""
        now = time.monotonic()
        self._due += (now - self._ticked) * self._config.real_time_factor
        self._ticked = now
        if self._due > _MAX_LAG:
            self._complain(f"simulation is slower than real time, {self._due:.1f} s given up")
            self._due = _MAX_LAG
        steps = int(self._due / TIME_STEP)
        if steps == 0:
            return
        self._world.step(steps * TIME_STEP)
        self._due -= steps * TIME_STEP
        if self._world.time >= self._next_images:
            self._next_images += 1.0 / self._config.camera_rate_hz
            self._publish()
        else:
            self._cell.publish_joints()

    def _complain(self, trouble: str) -> None:
        self._diagnostics.warn(trouble)
        self.get_logger().warning(trouble, throttle_duration_sec=_LOG_PERIOD)

    def destroy_node(self) -> None:
        """End the physics, then the node."""
        self._world.close()
        super().destroy_node()


def _make_world(config: SimConfig) -> World:
    try:
        return World(load_robot(config.robot), config.task, config.image_size)
    except (ValueError, OSError) as error:
        raise ParameterError(f"parameters of pybullet_sim: {error}") from error


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    return run_node(PybulletSim)


if __name__ == "__main__":
    sys.exit(main())
