"""The arm neither hits itself nor the table, and may come apart where it touches."""

from __future__ import annotations

import numpy as np
import pybullet
import pytest

from fmac_ros.control import gate as gates
from fmac_ros.control.collision import Collisions
from fmac_ros.control.controller import ArmController
from fmac_ros.robots import load_robot, simulated_robots
from fmac_ros.sim.meshes import lighten
from fmac_ros.sim.tool import robot_urdf
from fmac_ros.types import Observation

FOLDED = {  # the hand against the arm's own shoulder or base
    "panda": [0.0, -1.7, 0.0, -3.0, 0.0, 0.6, 0.0],
    "ur5e": [0.0, -1.57, 3.0, 0.0, 0.0, 0.0],
}


@pytest.fixture(scope="module", params=simulated_robots())
def arm(request):
    robot = load_robot(request.param)
    return robot, Collisions(robot)


def test_the_whole_workspace_is_free(arm):
    robot, collisions = arm
    kinematics = ArmController(robot).kinematics
    down = kinematics.forward(robot.home)[1]
    rng = np.random.default_rng(0)
    for point in rng.uniform(robot.workspace_lower, robot.workspace_upper, (40, 3)):
        q = kinematics.solve(robot.home, point, down, iterations=100)
        assert collisions.fault(q) == "", point


def test_below_the_table_is_refused(arm):
    robot, collisions = arm
    kinematics = ArmController(robot).kinematics
    tip, down = kinematics.forward(robot.home)
    q = kinematics.solve(robot.home, np.array([*tip[:2], -0.06]), down, iterations=100)
    assert collisions.fault(q).endswith("and table")


@pytest.mark.parametrize("name", FOLDED)
def test_the_arm_against_itself_is_refused(name):
    robot = load_robot(name)
    fault = Collisions(robot).fault(np.array(FOLDED[name]))
    assert " and " in fault and "table" not in fault


def test_a_touching_arm_may_come_apart_but_not_go_deeper():
    robot = load_robot("panda")
    collisions = Collisions(robot)
    lean = np.array([0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    touching = robot.home + 0.62 * lean
    while not collisions.fault(touching):
        touching = touching + 0.01 * lean
    assert collisions.path_fault(np.array([touching, touching - 0.02 * lean])) == ""
    assert "table" in collisions.path_fault(np.array([touching, touching + 0.02 * lean]))


def _below_table(client, body, robot, q):
    """How deep the simulator finds any shape but the base under the table [m]."""
    for name, value in zip(robot.joint_names, q, strict=True):
        joint = next(
            i
            for i in range(pybullet.getNumJoints(body, physicsClientId=client))
            if pybullet.getJointInfo(body, i, physicsClientId=client)[1].decode() == name
        )
        pybullet.resetJointState(body, joint, value, physicsClientId=client)
    table = pybullet.createCollisionShape(pybullet.GEOM_PLANE, physicsClientId=client)
    plane = pybullet.createMultiBody(0, table, physicsClientId=client)
    points = pybullet.getClosestPoints(body, plane, 0.0, physicsClientId=client)
    pybullet.removeBody(plane, physicsClientId=client)
    return max((-point[8] for point in points if point[3] > 0), default=0.0)


@pytest.mark.parametrize("name", ["panda", "ur5e"])
def test_the_simulator_agrees_about_the_table(name):
    robot = load_robot(name)
    collisions = Collisions(robot)
    client = pybullet.connect(pybullet.DIRECT)
    try:
        urdf = str(lighten(robot_urdf(robot)))
        body = pybullet.loadURDF(
            urdf, robot.base_position, useFixedBase=True, physicsClientId=client
        )
        rng = np.random.default_rng(2)
        poses = robot.home + rng.normal(0, 0.8, (150, robot.size))
        poses[:, 1] += 0.6  # lean forward, where the table is
        poses = np.clip(poses, robot.lower, robot.upper)
        depths = [_below_table(client, body, robot, q) for q in poses]
        assert 10 < sum(depth > 0.01 for depth in depths) < 140
        for q, depth in zip(poses, depths, strict=True):
            assert collisions.fault(q) or depth < 5e-3, "the simulator finds more"
    finally:
        pybullet.disconnect(client)


@pytest.mark.parametrize("name", simulated_robots())
def test_actions_that_lead_into_the_table_are_held(name):
    robot = load_robot(name)
    controller = ArmController(robot, "joint_delta")
    collisions = Collisions(robot)
    rng = np.random.default_rng(1)
    reasons, now = set(), 0.0
    for _ in range(12):
        q, v = np.array(robot.home), np.zeros(robot.size)
        drift = rng.uniform(-1, 1, robot.size)
        controller.reset(Observation(now, (), (), q, v))
        for _ in range(40):
            command = controller.command(Observation(now, (), (), q, v), drift, now)
            reasons.add(command.reason)
            assert not any(collisions.fault(p) for p in command.trajectory.positions)
            state = command.trajectory.at(0.1)
            q, v, now = state.q, state.v, now + 0.1
    assert gates.COLLISION in reasons
