"""state_node: observations from cameras and joints, and words for what is missing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image, JointState

from fmac_ros.msg import Observation
from fmac_ros.nodes.state_node import StateNode
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import array_to_image, image_to_array, stamp_to_seconds
from fmac_ros.ros.parameters import ParameterError

JOINTS = load_robot("panda").joint_names
PICTURE = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
BLANK = np.full((128, 128, 3), 50, np.uint8)


@pytest.fixture
def cell(ros):
    """A robot side made of publishers, a state_node, and what it says."""
    node, seen, said = ros.node("cell"), [], []
    cameras = {
        name: node.create_publisher(Image, names.camera_image(name), qos.RELIABLE)
        for name in ("front", "side")
    }
    joints = node.create_publisher(JointState, names.JOINT_STATES, qos.RELIABLE)
    node.create_subscription(Observation, names.OBSERVATION, seen.append, qos.RELIABLE)
    node.create_subscription(
        DiagnosticArray, names.DIAGNOSTICS, lambda m: said.append(m.status[0]), qos.RELIABLE
    )

    def send(seconds: float, joint_names=JOINTS, front=PICTURE, side=BLANK, **lag: float) -> None:
        stamp = Time(nanosec=round(seconds * 1e9))
        for name, picture in (("front", front), ("side", side)):
            if picture is not None:
                cameras[name].publish(
                    picture if isinstance(picture, Image) else array_to_image(picture, stamp, name)
                )
        state = JointState(name=list(joint_names))
        state.header.stamp = Time(nanosec=round((seconds + lag.get("lag", 0.0)) * 1e9))
        state.position = [float(i) for i in range(len(joint_names))]
        state.velocity = [0.1] * len(joint_names)
        joints.publish(state)

    def start(**parameters: object) -> None:
        reliable = {"sensor_reliability": "reliable", "stale_after": 0.3}
        ros.add(StateNode, **{**reliable, **parameters})
        publishers = (*cameras.values(), joints)
        assert ros.spin_until(lambda: all(p.get_subscription_count() for p in publishers))
        assert ros.spin_until(lambda: node.count_publishers(names.OBSERVATION))

    return SimpleNamespace(send=send, start=start, seen=seen, said=said)


def test_joins_and_resizes(ros, cell) -> None:
    cell.start()
    cell.send(0.5)
    assert ros.spin_until(lambda: cell.seen)
    (message,) = cell.seen
    assert stamp_to_seconds(message.header.stamp) == 0.5
    assert list(message.camera_names) == ["front", "side"]
    assert list(message.joint_names) == list(JOINTS)
    assert list(message.joint_positions) == list(range(len(JOINTS)))
    front, side = (image_to_array(image) for image in message.images)
    assert front.shape == side.shape == (64, 64, 3)
    # Area averaging: each pixel is the mean of the four that it covers.
    mean = PICTURE.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.abs(front - mean).max() <= 1.0
    np.testing.assert_array_equal(side, 50)


def test_joints_come_by_name_and_other_devices_are_left_alone(ros, cell) -> None:
    cell.start()
    cell.send(0.1, joint_names=("finger_joint",))
    cell.send(0.2, joint_names=("finger_joint", *reversed(JOINTS)))
    assert ros.spin_until(lambda: cell.seen)
    assert list(cell.seen[0].joint_positions) == list(range(len(JOINTS), 0, -1))


def test_the_same_state_again_is_the_same_stamp_again(ros, cell) -> None:
    cell.start()
    for _ in range(3):
        cell.send(0.5)
        ros.spin_for(0.1)
    assert [stamp_to_seconds(m.header.stamp) for m in cell.seen] == [0.5] * 3


def test_a_lost_image_is_not_made_up_and_repeating_heals_it(ros, cell) -> None:
    cell.start()
    cell.send(0.5, side=None)
    ros.spin_for(0.3)
    assert not cell.seen
    cell.send(0.5)
    assert ros.spin_until(lambda: cell.seen)


def test_slop_joins_unequal_stamps(ros, cell) -> None:
    cell.start(slop=0.05)
    cell.send(0.2, lag=-0.03)
    assert ros.spin_until(lambda: cell.seen)
    assert stamp_to_seconds(cell.seen[0].header.stamp) == 0.2


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"side": None}, "/side/image_raw has a publisher but no message came"),
        ({"lag": 0.5}, "no joint_states within 0.0 s of the last front image"),
        ({"joint_names": JOINTS[:-1]}, "are missing"),
        ({"front": BLANK[:32, :32]}, "camera front: image is 32x32, valid: 64x64"),
    ],
)
def test_says_what_is_wrong(ros, cell, sent: dict[str, object], text: str) -> None:
    cell.start()
    assert ros.spin_until(lambda: _resend(cell, sent) or _said(cell, text), timeout=4.0)
    assert not cell.seen


def _resend(cell, sent: dict[str, object]) -> None:
    cell.send(0.5, **sent)


def _said(cell, text: str) -> bool:
    return any(text in status.message and status.level > b"\x00" for status in cell.said)


def test_an_unknown_encoding_is_named(ros, cell) -> None:
    cell.start()
    image = array_to_image(PICTURE, Time(nanosec=500_000_000))
    image.encoding = "yuv422"
    cell.send(0.5, front=image)
    assert ros.spin_until(lambda: _said(cell, "camera front: image encoding is 'yuv422'"))
    assert not cell.seen


def test_says_that_nobody_publishes(ros) -> None:
    node, said = ros.node(), []
    node.create_subscription(DiagnosticArray, names.DIAGNOSTICS, said.append, qos.RELIABLE)
    ros.add(StateNode, cameras=["wrist"])
    assert ros.spin_until(lambda: said and "/wrist/image_raw" in said[-1].status[0].message)
    assert "nobody publishes /wrist/image_raw; nobody publishes /joint_states" in (
        said[-1].status[0].message
    )


def test_an_unknown_robot_is_refused(ros) -> None:
    with pytest.raises(ParameterError, match="'r2d2', valid: "):
        ros.add(StateNode, robot="r2d2")
