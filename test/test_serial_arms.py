"""Any serial arm, from its description alone: slides, endless joints, prefixes; what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from described_arms import fr3_description, ur10e_description
from serial_arms import endless, franka_fr3, gantry

from fmac_ros.control.chain import arm_urdf
from fmac_ros.control.collision import Collisions
from fmac_ros.control.controller import ArmController
from fmac_ros.control.description import fit_to_description
from fmac_ros.control.kinematics import Kinematics
from fmac_ros.control.planner import Planner
from fmac_ros.control.planner.space import FreeSpace
from fmac_ros.control.verify import WORKSPACE_TOLERANCE
from fmac_ros.robots import PER_JOINT, load_robot, simulated_robots
from fmac_ros.sim.tool import robot_urdf
from fmac_ros.types import Observation


def _described(name):
    """An arm by name, within its description's limits, and the description."""
    made = {"endless": endless, "gantry": gantry}
    texts = {"fr3": franka_fr3, "ur10e": ur10e_description}
    if name in made:
        robot, urdf = made[name]()
    else:
        robot = load_robot(name)
        urdf = texts[name]() if name in texts else robot_urdf(robot)
    return fit_to_description(robot, urdf)[0], urdf


ARMS = (*simulated_robots(), "fr3", "ur10e", "endless", "gantry")


@pytest.fixture(scope="module", params=ARMS)
def arm(request):
    return _described(request.param)


def test_jacobian_by_finite_differences(arm):
    robot, urdf = arm
    kinematics, eps = Kinematics(robot, urdf), 1e-6
    q = robot.home + 0.05
    for i, column in enumerate(kinematics.jacobian(q)[:3].T):
        ends = [kinematics.forward(q + side * eps * np.eye(robot.size)[i])[0] for side in (1, -1)]
        np.testing.assert_allclose((ends[0] - ends[1]) / (2 * eps), column, atol=1e-5)


def test_poses_that_exist_are_found_within_the_limits(arm):
    robot, urdf = arm
    kinematics, rng, found = Kinematics(robot, urdf), np.random.default_rng(0), 0
    for _ in range(20):
        there = np.clip(robot.home + rng.normal(0, 0.25, robot.size), robot.lower, robot.upper)
        position, rotation = kinematics.forward(there)
        q = kinematics.solve(robot.home, position, rotation, iterations=100)
        assert np.all(q >= robot.lower) and np.all(q <= robot.upper)
        found += np.linalg.norm(kinematics.forward(q)[0] - position) < 1e-3
    assert found >= 18


def test_steps_are_short_in_any_pose_however_singular(arm):
    robot, urdf = arm
    kinematics, rng = Kinematics(robot, urdf), np.random.default_rng(1)
    poses = [
        np.clip(np.zeros(robot.size), robot.lower, robot.upper)
    ]  # most arms are straight there
    poses += list(rng.uniform(robot.lower, robot.upper, (20, robot.size)))
    for q in poses:
        tip, rotation = kinematics.forward(q)
        step = kinematics.solve(q, tip + rng.normal(0, 0.02, 3), rotation, iterations=1) - q
        assert np.all(np.isfinite(step)) and np.max(np.abs(step)) <= 0.4 + 1e-9


def test_any_actions_stay_in_workspace_and_limits(arm):
    robot, urdf = arm
    controller = ArmController(robot, urdf=urdf)
    rng, now = np.random.default_rng(2), 0.0
    q, v = np.array(robot.home), np.zeros(robot.size)
    controller.reset(Observation(now, (), (), q, v))
    drift = rng.choice([-1.0, 1.0], 3)
    moved = 0
    for step in range(40):
        if step % 10 == 0:
            drift = rng.choice([-1.0, 1.0], 3)
        command = controller.command(Observation(now, (), (), q, v), drift, now)
        moved += not command.held
        path = command.trajectory
        tips = np.array([controller.kinematics.forward(p)[0] for p in path.positions])
        assert np.all(tips >= robot.workspace_lower - WORKSPACE_TOLERANCE)
        assert np.all(tips <= robot.workspace_upper + WORKSPACE_TOLERANCE)
        assert np.all(path.positions >= robot.lower - 2e-3)
        assert np.all(path.positions <= robot.upper + 2e-3)
        assert np.all(np.abs(path.velocities) <= robot.velocity * 1.002)
        state = path.at(0.1)
        q, v, now = state.q, state.v, now + 0.1
    assert moved > 10


def test_a_way_home_is_found(arm):
    robot, urdf = arm
    space = FreeSpace(robot, Kinematics(robot, urdf), Collisions(robot, urdf))
    tip = 0.5 * (robot.workspace_lower + robot.workspace_upper)
    start = space.kinematics.solve(robot.home, tip, iterations=100)
    path = Planner(space).plan(start, robot.home)
    assert not any(space.pose_fault(q) for q in path.waypoints)


def test_our_numbers_of_the_fr3_are_the_manufacturers():
    robot, urdf = load_robot("fr3"), franka_fr3()
    fitted, changes = fit_to_description(robot, urdf)
    assert changes == (), "our limits are inside the description's"
    position, rotation = Kinematics(fitted, urdf).forward(robot.home)
    np.testing.assert_allclose(position, [0.45, 0.0, 0.35], atol=2e-3)
    np.testing.assert_allclose(rotation, np.diag([1.0, -1.0, -1.0]), atol=2e-3)
    collisions = Collisions(fitted, urdf)
    assert collisions.from_meshes and collisions.fault(robot.home) == ""


def test_joints_without_an_end_keep_the_limits_of_the_file():
    robot, urdf = endless()
    fitted, changes = fit_to_description(robot, urdf)
    assert changes == ()
    np.testing.assert_array_equal(fitted.upper, robot.upper)
    text = urdf.replace(
        'name="j0" type="continuous">', 'name="j0" type="continuous"><limit velocity="1"/>'
    )
    assert fit_to_description(robot, text)[0].velocity[0] == 1.0


def test_other_elements_called_joint_are_no_joints():
    text = ur10e_description()
    more = (
        '<transmission name="t"><joint name="elbow_joint"/></transmission>'
        '<ros2_control name="c" type="system"><joint name="elbow_joint"/></ros2_control></robot>'
    )
    robot = load_robot("ur10e")
    fitted, _ = fit_to_description(robot, text.replace("</robot>", more))
    np.testing.assert_array_equal(fitted.upper, fit_to_description(robot, text)[0].upper)


def test_a_prefix_is_seen_and_works_in_a_file_of_its_own():
    robot, text = load_robot("ur10e"), ur10e_description()
    for name in (*robot.joint_names, "tool0"):
        text = text.replace(f'"{name}"', f'"left_{name}"')
    with pytest.raises(ValueError, match="begin with 'left_', give a copy of config/robots/ur10e"):
        fit_to_description(robot, text)
    names = tuple(f"left_{name}" for name in robot.joint_names)
    left = dataclasses.replace(robot, joint_names=names, ee_link="left_tool0")
    here = Kinematics(robot, ur10e_description()).forward(robot.home)[0]
    np.testing.assert_allclose(Kinematics(left, text).forward(robot.home)[0], here)


def _without_first(robot):
    kept = {name: getattr(robot, name)[1:] for name in (*PER_JOINT, "joint_names")}
    return dataclasses.replace(robot, **kept)


UR10E = load_robot("ur10e")


@pytest.mark.parametrize(
    ("robot", "text", "message"),
    [
        (
            dataclasses.replace(UR10E, ee_link="link_3"),
            ur10e_description(),
            "wrist_2_joint, wrist_3_joint do not move it, valid: one serial chain",
        ),
        (
            _without_first(UR10E),
            ur10e_description(),
            "shoulder_pan_joint would move it unseen",
        ),
        (
            dataclasses.replace(UR10E, joint_names=UR10E.joint_names[::-1]),
            ur10e_description(),
            "valid: that order",
        ),
        (
            UR10E,
            ur10e_description().replace(
                '<joint name="elbow_joint" type="revolute">',
                '<joint name="elbow_joint" type="revolute"><mimic joint="wrist_1_joint"/>',
            ),
            "joint elbow_joint of ur10e mimics another one",
        ),
        (
            load_robot("fr3"),
            fr3_description().replace(
                'name="fr3_joint4" type="revolute"', 'name="fr3_joint4" type="planar"'
            ),
            "joint fr3_joint4 of fr3 is planar",
        ),
    ],
)
def test_what_is_not_one_serial_chain_is_refused(robot, text, message):
    with pytest.raises(ValueError, match=message):
        arm_urdf(robot, text)
    with pytest.raises(ValueError, match=message):
        Kinematics(robot, text)
