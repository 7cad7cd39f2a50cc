"""state_node: observations from cameras and joints, and words for what is missing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CompressedImage, Image, JointState

from fmac_ros.cameras.compressed import encode
from fmac_ros.msg import Observation
from fmac_ros.nodes.state_node import StateNode
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import array_to_image, image_to_array, stamp_to_seconds
from fmac_ros.ros.parameters import ParameterError

JOINTS = load_robot("panda").joint_names
PICTURE = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
BLANK = np.full((128, 128, 3), 50, np.uint8)


def stamp_of(seconds: float) -> Time:
    return Time(sec=int(seconds), nanosec=round(seconds % 1 * 1e9))


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

    def send(seconds: float, joint_names=JOINTS, front=PICTURE, side=BLANK, **lag) -> None:
        stamp = stamp_of(seconds)
        for name, picture in (("front", front), ("side", side)):
            if picture is not None:
                cameras[name].publish(
                    picture if isinstance(picture, Image) else array_to_image(picture, stamp, name)
                )
        state = JointState(name=list(joint_names))
        state.header.stamp = stamp_of(seconds + lag.get("lag", 0.0))
        state.position = [float(i) for i in range(len(joint_names))]
        if "positions" in lag:
            state.position = list(lag["positions"])
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
    cell.start(image_size=64)
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
        ({"front": BLANK[:32, :32]}, "camera front: image is 32x32, valid: 128x128"),
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


def frozen_run(ros, cell, moving: float, changing: bool = False) -> list[float]:
    """Send 20 states over 1.9 s of stamps; the stamps of the observations that came."""
    cell.start(frozen_after=1.0)
    for step in range(20):
        picture = PICTURE.copy()
        picture[0, 0, 0] = step if changing else 0
        positions = np.full(len(JOINTS), 0.1 + moving * step)
        cell.send(0.1 * step, front=picture, side=picture, positions=positions)
        ros.spin_for(0.03)
    return [stamp_to_seconds(message.header.stamp) for message in cell.seen]


def test_a_frozen_camera_of_a_moving_arm_is_withheld_and_comes_back(ros, cell) -> None:
    stamps = frozen_run(ros, cell, moving=0.01)
    assert stamps and max(stamps) < 1.05
    assert _said(cell, "is frozen: the same image for")
    cell.send(1.95, front=255 - PICTURE, side=255 - PICTURE)
    assert ros.spin_until(lambda: stamp_to_seconds(cell.seen[-1].header.stamp) == 1.95)


@pytest.mark.parametrize(("moving", "changing"), [(0.0, False), (0.01, True)])
def test_still_scenes_and_live_pictures_are_no_frozen_camera(ros, cell, moving, changing) -> None:
    assert max(frozen_run(ros, cell, moving, changing)) == pytest.approx(1.9)
    assert not _said(cell, "frozen")


def test_compressed_pictures_are_read_and_corrupt_ones_refused(ros) -> None:
    node, seen, said = ros.node("cell"), [], []
    camera = node.create_publisher(CompressedImage, "front/image_raw/compressed", qos.RELIABLE)
    joints = node.create_publisher(JointState, names.JOINT_STATES, qos.RELIABLE)
    node.create_subscription(Observation, names.OBSERVATION, seen.append, qos.RELIABLE)
    node.create_subscription(
        DiagnosticArray, names.DIAGNOSTICS, lambda m: said.append(m.status[0]), qos.RELIABLE
    )
    ros.add(StateNode, cameras=["front"], compressed=True, sensor_reliability="reliable")
    pair = (camera, joints)
    assert ros.spin_until(lambda: all(p.get_subscription_count() for p in pair))
    assert ros.spin_until(lambda: node.count_publishers(names.OBSERVATION))

    def send(data: bytes, seconds: float) -> None:
        message = CompressedImage(format="jpeg", data=data)
        state = JointState(name=list(JOINTS), position=[0.0] * 7, velocity=[0.0] * 7)
        message.header.stamp = state.header.stamp = stamp_of(seconds)
        camera.publish(message)
        joints.publish(state)

    red = np.zeros((144, 144, 3), np.uint8)
    red[..., 0] = 200
    jpeg = encode(red, 95)
    cut_short = SimpleNamespace(said=said)
    send(jpeg[:-10], 0.1)
    assert ros.spin_until(lambda: _said(cut_short, "front: compressed image is cut short"))
    assert not seen
    send(jpeg, 0.2)
    assert ros.spin_until(lambda: seen)
    assert np.abs(image_to_array(seen[0].images[0]).astype(int) - (200, 0, 0)).max() < 6
