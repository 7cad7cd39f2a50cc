"""Arms that are known from their /robot_description only."""

from __future__ import annotations

import numpy as np
import pytest
from described_arms import fr3_description, ur10e_description

from fmac_ros.control.collision import Collisions
from fmac_ros.control.controller import ArmController
from fmac_ros.control.description import fit_to_description
from fmac_ros.control.kinematics import Kinematics
from fmac_ros.robots import load_robot
from fmac_ros.types import Observation

DOWN = np.diag([1.0, -1.0, -1.0])


@pytest.mark.parametrize(("name", "urdf"), [("fr3", fr3_description), ("ur10e", ur10e_description)])
def test_home_points_down_inside_the_workspace(name, urdf):
    robot, _ = fit_to_description(load_robot(name), urdf())
    position, rotation = Kinematics(robot, urdf()).forward(robot.home)
    assert np.all(position > robot.workspace_lower) and np.all(position < robot.workspace_upper)
    np.testing.assert_allclose(rotation, DOWN, atol=2e-3)


def test_the_tip_goes_where_the_action_points():
    robot = load_robot("ur10e")
    controller = ArmController(robot, urdf=ur10e_description())
    seen = Observation(0.0, (), (), robot.home, np.zeros(6))
    controller.reset(seen)
    command = controller.command(seen, np.array([0.0, 0.5, 0.0]), 0.0)
    tips = [controller.kinematics.forward(q)[0] for q in command.trajectory.positions]
    assert not command.held
    np.testing.assert_allclose(tips[-1] - tips[0], [0.0, 0.02, 0.0], atol=1e-3)


def test_tighter_limits_of_the_description_win():
    robot = load_robot("ur10e")
    fitted, changes = fit_to_description(robot, ur10e_description(velocity=2.0))
    np.testing.assert_allclose(fitted.velocity, np.minimum(robot.velocity, 2.0))
    assert len(changes) == 4 and "velocity of elbow_joint is 2 " in changes[0]
    np.testing.assert_array_equal(fitted.lower, robot.lower)
    assert fit_to_description(robot, ur10e_description())[1] == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("elbow_joint", "knee_joint", "lacks the joints elbow_joint"),
        ('type="revolute"', 'type="floating"', "is floating, valid: revolute"),
        ('velocity="3.2"', 'velocity="nan"', "limits of joint shoulder_pan_joint"),
        ('upper="6.2832"', 'upper="-3"', "home .* outside the joint limits"),
        ("</robot>", "", "is not XML"),
    ],
)
def test_what_does_not_fit_is_named(old, new, message):
    with pytest.raises(ValueError, match=message):
        fit_to_description(load_robot("ur10e"), ur10e_description().replace(old, new))


def test_without_shapes_capsules_stand_for_the_links():
    robot = load_robot("ur10e")
    collisions = Collisions(robot, ur10e_description())
    assert not collisions.from_meshes and collisions.fault(robot.home) == ""
    low = robot.home + np.array([0, 1.5, 0, 0, 0, 0])
    assert "table" in collisions.fault(low)


def test_a_missing_mesh_is_no_end():
    robot = load_robot("fr3")
    lost = fr3_description().replace(".obj", ".lost").replace(".stl", ".lost")
    assert Collisions(robot, fr3_description()).from_meshes
    assert not Collisions(robot, lost).from_meshes


def test_an_arm_without_fingers_has_no_gripper_to_act_with():
    with pytest.raises(ValueError, match="ur10e names no finger joints"):
        ArmController(load_robot("ur10e"), "ee_delta_gripper", urdf=ur10e_description())
