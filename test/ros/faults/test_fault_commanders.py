"""Others on the arm's topics, and a controller that does not listen."""

from __future__ import annotations

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rig import SLOW
from sensor_msgs.msg import Image
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.control import gate as gates
from fmac_ros.msg import Observation
from fmac_ros.robots import load_robot
from fmac_ros.ros import fault_kinds as kinds
from fmac_ros.ros import names
from fmac_ros.ros.fault_desk import until

# [s] after which Fast DDS repeats an announcement that was missed, as happens on busy cores
ANNOUNCED = 3.0
COMMANDS = names.joint_trajectory(load_robot("panda").controller)


@pytest.mark.parametrize("topic", [COMMANDS, pytest.param(names.OBSERVATION, marks=SLOW)])
def test_another_publisher_holds_the_arm_until_somebody_arms(moving, since, topic):
    kind = JointTrajectory if topic == COMMANDS else Observation
    with moving.desk.another("teleoperation") as intruder:
        seen = since()
        intruder.create_publisher(kind, topic, 1)
        seen.held(gates.FOREIGN, within=ANNOUNCED + 0.5)
        seen.rests(within=ANNOUNCED + 0.5)
        assert moving.desk.arm(True) == (False, gates.FOREIGN)
        assert moving.logs("policy_node", "/teleoperation")
    assert moving.desk.recorder.reason == gates.FOREIGN, "it does not arm itself"
    moving.arm()
    assert moving.moves()


def test_an_inactive_controller_disarms(moving, since):
    seen = since()
    moving.desk.relay.spoil(COMMANDS, kinds.lost)
    seen.rests(within=1.5)
    seen.held(gates.NOT_FOLLOWED, within=8.0)
    moving.desk.relay.heal()
    assert moving.desk.recorder.reason == gates.NOT_FOLLOWED
    moving.arm()
    assert moving.moves()


def test_a_mismatch_of_qos_is_logged_with_what_to_do(moving):
    with moving.desk.another("odd_one") as intruder:
        unsure = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        intruder.create_publisher(Image, names.camera_image("front"), unsure)
        intruder.create_subscription(JointTrajectory, COMMANDS, print, latched)
        assert moving.logs("state_node", "a publisher of /front/image_raw does not fit")
        assert moving.logs("policy_node", f"a subscriber of /{COMMANDS} does not fit")
    assert moving.moves()
    assert until(lambda: moving.desk.recorder.reason == "", 5.0)
