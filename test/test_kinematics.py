"""Kinematics against the simulator, finite differences and the workspace."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pybullet
import pytest

from fmac_ros.control.kinematics import Kinematics, manipulability
from fmac_ros.robots import RobotConfig, load_robot, simulated_robots
from fmac_ros.sim.tool import robot_urdf

DOWN = np.diag([1.0, -1.0, -1.0])


@pytest.fixture(params=simulated_robots())
def robot(request: pytest.FixtureRequest) -> RobotConfig:
    return load_robot(request.param)


def test_home_points_down(robot: RobotConfig) -> None:
    position, rotation = Kinematics(robot).forward(robot.home)
    np.testing.assert_allclose(position, [0.45, 0, 0.35], atol=1e-3)
    np.testing.assert_allclose(rotation, DOWN, atol=1e-3)


def test_forward_agrees_with_pybullet(robot: RobotConfig, tmp_path: Path) -> None:
    kinematics = Kinematics(robot)
    rng = np.random.default_rng(0)
    client = pybullet.connect(pybullet.DIRECT)
    try:
        urdf = tmp_path / "robot.urdf"
        urdf.write_text(robot_urdf(robot).replace("file://", ""))
        body = pybullet.loadURDF(
            str(urdf), robot.base_position.tolist(), useFixedBase=True, physicsClientId=client
        )
        for q in rng.uniform(robot.lower, robot.upper, (10, robot.size)):
            position, rotation = _pybullet_tip(client, body, robot, q)
            np.testing.assert_allclose(kinematics.forward(q)[0], position, atol=1e-5)
            np.testing.assert_allclose(kinematics.forward(q)[1], rotation, atol=1e-5)
    finally:
        pybullet.disconnect(client)


def _pybullet_tip(
    client: int, body: int, robot: RobotConfig, q: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    count = pybullet.getNumJoints(body, physicsClientId=client)
    infos = [pybullet.getJointInfo(body, i, physicsClientId=client) for i in range(count)]
    joints = {info[1].decode(): info[0] for info in infos}
    links = {info[12].decode(): info[0] for info in infos}
    for name, value in zip(robot.joint_names, q, strict=True):
        pybullet.resetJointState(body, joints[name], value, physicsClientId=client)
    state = pybullet.getLinkState(
        body, links[robot.ee_link], computeForwardKinematics=True, physicsClientId=client
    )
    rotation = np.reshape(pybullet.getMatrixFromQuaternion(state[5]), (3, 3))
    return np.array(state[4]), rotation


def test_jacobian_by_finite_differences(robot: RobotConfig) -> None:
    kinematics = Kinematics(robot)
    q = robot.home + 0.1
    eps = 1e-6
    position, rotation = kinematics.forward(q)
    for i, column in enumerate(kinematics.jacobian(q).T):
        moved = kinematics.forward(q + eps * np.eye(robot.size)[i])
        np.testing.assert_allclose((moved[0] - position) / eps, column[:3], atol=1e-4)
        spin = (moved[1] - rotation) @ rotation.T / eps  # skew matrix of the angular velocity
        np.testing.assert_allclose([spin[2, 1], spin[0, 2], spin[1, 0]], column[3:], atol=1e-4)


@pytest.mark.parametrize("name", ["panda", "ur5e", "xarm"])
def test_the_whole_workspace_is_reached(name: str) -> None:
    robot = load_robot(name)
    kinematics = Kinematics(robot)
    bounds = zip(robot.workspace_lower, robot.workspace_upper, strict=True)
    for point in itertools.product(*(np.linspace(low, high, 5) for low, high in bounds)):
        q = kinematics.solve(robot.home, np.array(point), DOWN, iterations=100)
        position, rotation = kinematics.forward(q)
        assert np.linalg.norm(position - point) < 1e-3, point
        np.testing.assert_allclose(rotation, DOWN, atol=1e-2)
        assert np.all(q >= robot.lower) and np.all(q <= robot.upper)


def test_small_steps_are_exact_and_stay_near(robot: RobotConfig) -> None:
    kinematics = Kinematics(robot)
    tip, rotation = kinematics.forward(robot.home)
    for step in 0.04 * np.vstack([np.eye(3), -np.eye(3)]):
        q = kinematics.solve(robot.home, tip + step, rotation)
        assert np.linalg.norm(kinematics.forward(q)[0] - tip - step) < 1e-4
        assert np.max(np.abs(q - robot.home)) < 0.4


def test_out_of_reach_stays_inside_the_limits(robot: RobotConfig) -> None:
    q = Kinematics(robot).solve(robot.home, np.array([5.0, 5.0, -5.0]), DOWN)
    assert np.all(np.isfinite(q))
    assert np.all(q >= robot.lower) and np.all(q <= robot.upper)


def test_steps_near_a_singular_pose_are_short_and_regular_ones_exact() -> None:
    robot = load_robot("ur5e")
    kinematics = Kinematics(robot)
    stretched = np.array([0.0, -1.2, 1e-4, -1.9, -1.5708, 0.0])  # the elbow is straight
    assert manipulability(kinematics.jacobian(stretched)) < 1e-3 * manipulability(
        kinematics.jacobian(robot.home)
    )
    tip, rotation = kinematics.forward(stretched)
    outwards = np.array([0.0, 0.0, 0.02])
    step = kinematics.solve(stretched, tip + outwards, rotation, iterations=1) - stretched
    assert np.max(np.abs(step)) < 0.25
    undamped = np.linalg.pinv(kinematics.jacobian(stretched)) @ np.append(outwards, np.zeros(3))
    assert np.max(np.abs(undamped)) > 10


def test_free_orientation_reaches_the_position() -> None:
    robot = load_robot("panda")
    kinematics = Kinematics(robot)
    goal = np.array([0.3, 0.2, 0.3])
    q = kinematics.solve(robot.home, goal)
    np.testing.assert_allclose(kinematics.forward(q)[0], goal, atol=1e-4)


def test_base_position_moves_the_arm() -> None:
    robot = load_robot("panda")
    shift = np.array([0.1, -0.2, 0.3])
    moved = dataclasses.replace(robot, base_position=robot.base_position + shift)
    here, there = (Kinematics(r).forward(robot.home)[0] for r in (robot, moved))
    np.testing.assert_allclose(there - here, shift, atol=1e-12)


def test_urdf_from_elsewhere_must_have_the_joints() -> None:
    ur5e = load_robot("ur5e")
    assert Kinematics(ur5e, robot_urdf(ur5e)).size == 6
    with pytest.raises(ValueError, match="ur5e lacks shoulder_pan_joint"):
        Kinematics(ur5e, robot_urdf(load_robot("panda")))


def test_wrong_size_is_named() -> None:
    with pytest.raises(ValueError, match=r"\(3,\), valid: \(7,\)"):
        Kinematics(load_robot("panda")).forward(np.zeros(3))
