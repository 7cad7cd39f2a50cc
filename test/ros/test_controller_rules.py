"""What is sent is what joint_trajectory_controller documents that it accepts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.control.controller import ArmController, Command
from fmac_ros.control.gate import EMERGENCY_STOP
from fmac_ros.robots import RobotConfig, load_robot
from fmac_ros.ros.conversions import seconds_to_stamp, trajectory_to_msg
from fmac_ros.types import Observation

PERIODS = 60
LONGEST = 3.0  # [s], of a command; the arm rests then if nothing follows


def refusal(message: JointTrajectory, joints: tuple[str, ...], now: float) -> str:
    """Why a controller for ``joints`` with its default parameters would refuse a command."""
    if sorted(message.joint_names) != sorted(joints):
        return "joints are not exactly its own"  # allow_partial_joints_goal is false
    if not message.points:
        return "no points"
    ends = [p.time_from_start.sec + p.time_from_start.nanosec * 1e-9 for p in message.points]
    if any(later <= earlier for earlier, later in zip(ends, ends[1:], strict=False)):
        return "times do not increase"
    stamp = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
    if stamp and stamp + ends[-1] < now:
        return "it ends in the past"
    for point in message.points:
        sizes = {len(point.positions), len(point.velocities), len(point.accelerations)}
        if sizes != {len(joints)}:
            return "positions, velocities or accelerations are not one for each joint"
    if any(point.effort for point in message.points):
        return "effort is not taken"
    last = message.points[-1].velocities
    return "it does not end at rest" if any(abs(v) > 1e-12 for v in last) else ""


def seen(robot: RobotConfig, command: Command | None, now: float) -> Observation:
    """What an arm that follows a command measures a control period later."""
    if command is None:
        return Observation(now, (), (), robot.home, np.zeros(robot.size))
    state = command.trajectory.at(1 / robot.control_rate_hz)
    return Observation(now, (), (), state.q, state.v)


@pytest.mark.parametrize("name", ["panda", "ur5e"])
@pytest.mark.parametrize("space", ["ee_delta", "joint_delta"])
def test_every_command_is_one_that_a_controller_takes(name: str, space: str) -> None:
    robot, rng = load_robot(name), np.random.default_rng(0)
    arm = ArmController(robot, space)
    arm.reset(seen(robot, None, 0.0))
    command: Command | None = None
    held = 0
    for step in range(PERIODS):
        now = step / robot.control_rate_hz
        action = rng.uniform(-1, 1, arm.space.size)
        if step % 17 == 16:
            action[0] = math.nan  # a hold is a command, too
        command = arm.command(seen(robot, command, now), action, now)
        held += command.held
        message = trajectory_to_msg(command.trajectory, robot.joint_names)
        assert refusal(message, robot.joint_names, now) == ""
        assert all(np.isfinite([*p.positions, *p.velocities]).all() for p in message.points)
        assert command.trajectory.times[-1] <= LONGEST
    assert 3 <= held < PERIODS


def test_a_stop_is_taken_while_it_lasts_and_without_a_stamp_at_any_time() -> None:
    robot = load_robot("ur5e")
    arm = ArmController(robot)
    arm.reset(seen(robot, None, 0.0))
    arm.command(seen(robot, None, 0.0), np.array([1.0, 0.0, 0.0]), 0.0)
    stop = arm.halt(0.1, EMERGENCY_STOP)
    assert stop is not None
    plain = trajectory_to_msg(stop.trajectory, robot.joint_names)
    assert refusal(plain, robot.joint_names, now=1e9) == ""
    stamped = trajectory_to_msg(stop.trajectory, robot.joint_names, seconds_to_stamp(0.1))
    lasts = float(stop.trajectory.times[-1])
    assert refusal(stamped, robot.joint_names, now=0.1 + 0.9 * lasts) == ""
    assert "past" in refusal(stamped, robot.joint_names, now=0.1 + 1.1 * lasts)


def test_the_rules_refuse_what_a_controller_refuses() -> None:
    robot = load_robot("ur5e")
    arm = ArmController(robot)
    arm.reset(seen(robot, None, 0.0))
    command = arm.command(seen(robot, None, 0.0), np.array([1.0, 0.0, 0.0]), 0.0)
    message = trajectory_to_msg(command.trajectory, robot.joint_names)
    message.header.stamp.sec = 1
    assert "past" in refusal(message, robot.joint_names, now=1e9)
    message.points[-1].velocities[0] = 0.1
    assert "at rest" in refusal(message, robot.joint_names, now=0.0)
    message.points[1].time_from_start = message.points[0].time_from_start
    assert "increase" in refusal(message, robot.joint_names, now=0.0)
    assert "exactly" in refusal(message, robot.joint_names[:5], now=0.0)
