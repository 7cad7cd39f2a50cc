"""cell_sim shows an arm that is driven elsewhere, and lets it press a button."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_msgs.msg import Image, JointState

from fmac_ros.control.kinematics import Kinematics
from fmac_ros.msg import GroundTruth
from fmac_ros.nodes.cell_sim import CellSim
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import image_to_array, stamp_to_seconds
from fmac_ros.ros.joint_states import joint_state_msg
from fmac_ros.sim.world import World
from fmac_ros.srv import Reset

TASK = "press the red button"
ROBOT = load_robot("fr3")
SHOWN = load_robot("panda")
SEED = 3


class Arm:
    """Whatever drives the arm, played; and a client of the cell."""

    def __init__(self, ros):
        self.ros = ros
        ros.add(CellSim, task=TASK, robot=ROBOT.name, image_size=64)
        self.node = ros.node("arm")
        self.images, self.truths = [], []
        self.node.create_subscription(
            Image, names.camera_image("front"), self.images.append, qos.RELIABLE
        )
        self.node.create_subscription(
            GroundTruth, names.GROUND_TRUTH, self.truths.append, qos.RELIABLE
        )
        self.states = self.node.create_publisher(JointState, names.JOINT_STATES, qos.RELIABLE)
        self._reset = self.node.create_client(Reset, names.RESET_SCENE)
        assert ros.spin_until(self._reset.service_is_ready, 20.0)
        assert ros.spin_until(lambda: self.states.get_subscription_count() == 1, 20.0)

    def at(self, q, duration=0.3):
        """Stand at joint positions for a while."""
        still = np.zeros(7)
        for _ in range(max(1, round(duration / 0.02))):
            stamp = self.node.get_clock().now().to_msg()
            message = joint_state_msg(ROBOT.joint_names, [(q, still, still)], stamp)
            self.states.publish(message)
            self.ros.spin_for(0.02)

    def reset(self, **request):
        answer = self._reset.call_async(Reset.Request(**{"split": "eval", "task": TASK, **request}))
        assert self.ros.spin_until(answer.done, 20.0)
        return answer.result()


@pytest.fixture
def arm(ros):
    return Arm(ros)


def test_nothing_is_shown_before_the_arm_is_known(arm):
    arm.ros.spin_for(0.5)
    assert not arm.images


def test_the_picture_is_of_the_arm_as_it_stands(arm):
    arm.at(ROBOT.home, 0.6)
    assert arm.ros.spin_until(lambda: arm.images, 20.0)
    before = image_to_array(arm.images[-1]).astype(int)
    now = arm.node.get_clock().now().nanoseconds / 1e9
    assert 0 <= now - stamp_to_seconds(arm.images[-1].header.stamp) < 2.0
    arm.at(ROBOT.home + np.array([0.5, 0, 0, 0, 0, 0, 0]), 1.0)
    assert np.abs(image_to_array(arm.images[-1]) - before).max() > 50


def test_layouts_are_those_of_the_simulator_and_a_press_counts(arm):
    world = World(SHOWN, TASK)
    world.set_layout(SEED, "eval")
    waypoints = world.layout.waypoints("red", np.random.default_rng(0))
    world.close()
    arm.at(ROBOT.home)
    assert arm.reset(seed=SEED).ok
    kinematics = Kinematics(SHOWN)
    rotation = kinematics.forward(SHOWN.home)[1]
    q = SHOWN.home
    for place in waypoints:
        assert not any(truth.success for truth in arm.truths)
        before, q = q, kinematics.solve(q, place, rotation)
        for share in np.linspace(0.1, 1.0, 10):  # a jump would overshoot onto the button
            arm.at(before + share * (q - before), 0.06)

    def pressed():
        layouts = {(t.seed, t.split, t.task) for t in arm.truths if t.success}
        return layouts == {(SEED, "eval", TASK)}

    assert arm.ros.spin_until(pressed, 2.0)


def test_what_cannot_be_set_up_is_refused(arm):
    refused = arm.reset(task="sing a song")
    assert not refused.ok and refused.message
    assert not arm.reset(split="other").ok
    assert arm.reset().ok
