"""Actions become joint targets and come back as the same actions."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control.actions import ACTION_SPACES, ActionSpace, UnreachableError, make_action_space
from fmac_ros.control.kinematics import Kinematics
from fmac_ros.robots import RobotConfig, load_robot


@pytest.fixture(params=["panda", "ur5e"])
def robot(request: pytest.FixtureRequest) -> RobotConfig:
    return load_robot(request.param)


def _space(name: str, robot: RobotConfig) -> ActionSpace:
    return make_action_space(name, Kinematics(robot), robot)


@pytest.mark.parametrize("name", ACTION_SPACES)
def test_round_trip(name: str, robot: RobotConfig) -> None:
    space = _space(name, robot)
    action = np.linspace(-0.9, 0.8, space.size)
    target = space.target(robot.home, action)
    passed = space.passed(robot.home, target)
    assert passed.dtype == np.float32
    if space.gripper:  # joints tell nothing of the gripper: it is left as it was
        action[-1] = 0.0
    np.testing.assert_allclose(passed, action, atol=1e-3)


def test_tip_moves_by_the_step_and_stays_upright(robot: RobotConfig) -> None:
    kinematics = Kinematics(robot)
    q = make_action_space("ee_delta", kinematics, robot).target(robot.home, np.array([1.0, 0, -1]))
    before, after = kinematics.forward(robot.home), kinematics.forward(q)
    np.testing.assert_allclose(after[0] - before[0], [0.04, 0, -0.04], atol=1e-4)
    np.testing.assert_allclose(after[1], before[1], atol=1e-3)


def test_tip_slides_along_the_wall_of_the_workspace(robot: RobotConfig) -> None:
    kinematics = Kinematics(robot)
    space = make_action_space("ee_delta", kinematics, robot)
    rotation = kinematics.forward(robot.home)[1]
    floor = robot.workspace_lower[2]
    q = kinematics.solve(robot.home, np.array([0.5, 0.0, floor + 0.01]), rotation)
    target = space.target(q, np.array([0.0, 1.0, -1.0]))
    np.testing.assert_allclose(kinematics.forward(target)[0], [0.5, 0.04, floor], atol=1e-4)
    np.testing.assert_allclose(space.passed(q, target), [0, 1, -0.25], atol=1e-2)


@pytest.mark.parametrize("name", ACTION_SPACES)
def test_large_actions_are_clipped(name: str, robot: RobotConfig) -> None:
    space = _space(name, robot)
    one, huge = (space.target(robot.home, np.full(space.size, x)) for x in (1.0, 1e9))
    np.testing.assert_allclose(one, huge)


def test_out_of_reach_is_an_error() -> None:
    kuka = load_robot("kuka")  # its elbow does not fold enough for the near edge of the box
    space = _space("ee_delta", kuka)
    kinematics = Kinematics(kuka)
    near = np.array([kuka.workspace_lower[0] + 0.02, 0.0, 0.12])
    q = kinematics.solve(kuka.home, near, kinematics.forward(kuka.home)[1], iterations=200)
    with pytest.raises(UnreachableError, match="out of the arm's reach"):
        space.target(q, np.array([-1.0, 0.0, 0.0]))


def test_unknown_space_names_the_known(robot: RobotConfig) -> None:
    with pytest.raises(ValueError, match="'torque', valid: ee_delta, joint_delta"):
        _space("torque", robot)
