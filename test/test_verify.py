"""Every way to spoil a trajectory is found by the last check."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fmac_ros.control.kinematics import Kinematics
from fmac_ros.control.trajectory import MotionState, Trajectory, plan
from fmac_ros.control.verify import verify_trajectory
from fmac_ros.robots import RobotConfig, load_robot

ROBOT = load_robot("panda")
START = MotionState.at_rest(ROBOT.home)
GOOD = plan(ROBOT, START, ROBOT.home + 0.03)


def _fault(trajectory: Trajectory, start: MotionState = START, robot: RobotConfig = ROBOT) -> str:
    return verify_trajectory(trajectory, start, robot, Kinematics(robot))


def _spoiled(field: str, index: tuple[int, ...] | int, value: float) -> Trajectory:
    array = getattr(GOOD, field).copy()
    array[index] = value
    return dataclasses.replace(GOOD, **{field: array})


def test_a_planned_trajectory_is_fine() -> None:
    assert _fault(GOOD) == ""


@pytest.mark.parametrize(
    ("trajectory", "message"),
    [
        (_spoiled("positions", (2, 0), np.nan), "not finite"),
        (_spoiled("times", 1, np.inf), "not finite"),
        (_spoiled("times", 1, 0.0), "times do not increase"),
        (_spoiled("times", 0, 0.01), "times do not increase"),
        (_spoiled("velocities", (-1, 0), 0.1), "end at rest"),
        (_spoiled("velocities", (2, 0), 2.5), "too fast"),
        (_spoiled("accelerations", (2, 0), -50.0), "accelerates too hard"),
        (_spoiled("positions", (2, 0), 0.5), "jump between samples"),
        (_spoiled("positions", (2, 0), 3.5), "leaves its range"),
        (_spoiled("positions", (0, 0), 0.01), "off the commanded state"),
        (dataclasses.replace(GOOD, velocities=GOOD.velocities[:, :3]), "shapes"),
    ],
)
def test_faults_are_named(trajectory: Trajectory, message: str) -> None:
    assert message in _fault(trajectory)


def test_jerk_is_checked() -> None:
    gentle = dataclasses.replace(ROBOT, jerk=0.9 * ROBOT.jerk)
    assert "jerks too hard" in _fault(GOOD, robot=gentle)


def test_the_workspace_box_is_checked() -> None:
    kinematics = Kinematics(ROBOT)
    tip, rotation = kinematics.forward(ROBOT.home)
    up = tip.copy()
    up[2] = ROBOT.workspace_upper[2] + 0.03
    trajectory = plan(ROBOT, START, kinematics.solve(ROBOT.home, up, rotation))
    assert "leaves the workspace" in _fault(trajectory)


def test_an_arm_outside_may_come_back() -> None:
    tight = dataclasses.replace(ROBOT, upper=np.minimum(ROBOT.upper, ROBOT.home + 0.02))
    outside = MotionState.at_rest(ROBOT.home + 0.03)
    assert _fault(plan(tight, outside, ROBOT.home), outside, tight) == ""
    away = plan(tight, outside, ROBOT.home + 0.1)
    assert "leaves its range" in _fault(away, outside, tight)
