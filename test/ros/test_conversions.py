"""Messages <-> numpy: round trips, and refusal of everything unknown."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image, JointState

from fmac_ros.ros import conversions as c
from fmac_ros.types import Observation

JOINTS = ("a", "b", "c")
RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (5, 7, 3), np.uint8)


def padded(picture: np.ndarray, encoding: str, padding: int) -> Image:
    """An image whose rows are longer than their pixels."""
    height, width, channels = picture.shape
    rows = np.full((height, width * channels + padding), 99, np.uint8)
    rows[:, : width * channels] = picture.reshape(height, -1)
    image = Image(height=height, width=width, encoding=encoding, step=rows.shape[1])
    image.data = rows.tobytes()
    return image


def test_image_round_trip() -> None:
    image = c.array_to_image(PICTURE, Time(sec=3), "front")
    assert image.header.frame_id == "front" and image.header.stamp.sec == 3
    np.testing.assert_array_equal(c.image_to_array(image), PICTURE)


@pytest.mark.parametrize("padding", [0, 5])
@pytest.mark.parametrize("big_endian", [0, 1])
@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "rgba8", "bgra8"])
def test_every_encoding_becomes_rgb(encoding: str, big_endian: int, padding: int) -> None:
    pixels = PICTURE if encoding.startswith("rgb") else PICTURE[:, :, ::-1]
    if encoding.endswith("a8"):
        alpha = np.full((*PICTURE.shape[:2], 1), 7, np.uint8)
        pixels = np.concatenate([pixels, alpha], axis=2)
    image = padded(pixels, encoding, padding)
    image.is_bigendian = big_endian
    np.testing.assert_array_equal(c.image_to_array(image), PICTURE)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"encoding": "mono16"}, "mono16.*valid: rgb8"),
        ({"encoding": ""}, "valid: rgb8"),
        ({"step": 20}, "step is 20.*21"),
        ({"height": 6}, "105 bytes"),
        ({"height": 0}, "empty"),
    ],
)
def test_bad_images_are_refused(change: dict[str, object], text: str) -> None:
    image = padded(PICTURE, "rgb8", 0)
    for name, value in change.items():
        setattr(image, name, value)
    with pytest.raises(c.ConversionError, match=text):
        c.image_to_array(image)


@pytest.mark.parametrize("bad", [PICTURE.astype(float), PICTURE[:, :, :2], PICTURE[0]])
def test_only_rgb_bytes_become_images(bad: np.ndarray) -> None:
    with pytest.raises(c.ConversionError, match="valid: uint8"):
        c.array_to_image(bad)


@pytest.mark.parametrize("nanoseconds", [0, 1, 999_999_999, 1_700_000_000_123_456_789])
def test_stamps_are_exact_in_nanoseconds(nanoseconds: int) -> None:
    assert c.stamp_to_nanoseconds(c.nanoseconds_to_stamp(nanoseconds)) == nanoseconds


def test_simulated_seconds_are_exact() -> None:
    for step in range(0, 100_000, 997):
        stamp = c.seconds_to_stamp(step / 240)
        assert c.seconds_to_stamp(c.stamp_to_seconds(stamp)) == stamp
    with pytest.raises(c.ConversionError, match="nan"):
        c.seconds_to_stamp(float("nan"))


def test_joints_go_by_name() -> None:
    message = JointState(name=["c", "finger", "a", "b"])
    message.position, message.velocity = [3.0, 9.0, 1.0, 2.0], [0.3, 0.9, 0.1, 0.2]
    positions, velocities = c.joint_state_to_arrays(message, JOINTS)
    np.testing.assert_array_equal(positions, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(velocities, [0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"name": ["a", "b"], "position": [0.0] * 2, "velocity": [0.0] * 2},
            r"\['c'\] are missing",
        ),
        ({"velocity": []}, "velocity has 0 values for 3"),
        ({"position": [0.0] * 4}, "position has 4 values"),
        ({"position": [0.0, float("nan"), 0.0]}, "finite"),
        ({"velocity": [0.0, 0.0, float("inf")]}, "finite"),
    ],
)
def test_incomplete_joint_states_are_refused(change: dict[str, list], text: str) -> None:
    message = JointState(name=list(JOINTS), position=[0.0] * 3, velocity=[0.0] * 3)
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(c.ConversionError, match=text):
        c.joint_state_to_arrays(message, JOINTS)


def observation() -> Observation:
    return Observation(
        stamp=12.3,
        camera_names=("front", "side"),
        images=(PICTURE, PICTURE[::-1].copy()),
        joint_positions=np.array([1.0, 2.0, 3.0]),
        joint_velocities=np.array([0.1, 0.2, 0.3]),
    )


def test_observation_round_trip_in_another_joint_order() -> None:
    there = c.observation_to_msg(observation(), JOINTS)
    back = c.msg_to_observation(there, ("c", "a", "b"))
    assert back.stamp == 12.3 and back.camera_names == ("front", "side")
    np.testing.assert_array_equal(back.joint_positions, [3.0, 1.0, 2.0])
    np.testing.assert_array_equal(back.joint_velocities, [0.3, 0.1, 0.2])
    for image, expected in zip(back.images, observation().images, strict=True):
        np.testing.assert_array_equal(image, expected)


def test_observations_need_one_image_per_camera() -> None:
    message = c.observation_to_msg(observation(), JOINTS)
    message.images.pop()
    with pytest.raises(c.ConversionError, match="1 images for cameras"):
        c.msg_to_observation(message, JOINTS)


def trajectory(points: int = 4) -> SimpleNamespace:
    return SimpleNamespace(
        times=np.arange(1, points + 1) * 0.02,
        positions=RNG.normal(size=(points, 3)),
        velocities=np.linspace(1.0, 0.0, points)[:, None] * np.ones(3),
        accelerations=RNG.normal(size=(points, 3)),
    )


def test_trajectory_round_trip_in_another_joint_order() -> None:
    sent = trajectory()
    message = c.trajectory_to_msg(sent, JOINTS, Time(sec=5))
    times, positions, velocities = c.trajectory_to_arrays(message, ("b", "c", "a"))
    assert message.header.stamp.sec == 5
    np.testing.assert_allclose(times, sent.times, atol=1e-9)
    np.testing.assert_array_equal(positions, sent.positions[:, [1, 2, 0]])
    np.testing.assert_array_equal(velocities, sent.velocities[:, [1, 2, 0]])
    np.testing.assert_array_equal(message.points[1].accelerations, sent.accelerations[1])


def _backwards(sent: SimpleNamespace) -> None:
    sent.times = sent.times[::-1]


def _not_finite(sent: SimpleNamespace) -> None:
    sent.positions[2, 1] = np.nan


def _still_moving(sent: SimpleNamespace) -> None:
    sent.velocities[-1] = 0.5


def _short(sent: SimpleNamespace) -> None:
    sent.velocities = sent.velocities[:, :2]


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (_backwards, "increasing"),
        (_not_finite, "non-finite"),
        (_still_moving, "last velocities"),
        (_short, "2] values for 3"),
    ],
)
def test_bad_trajectories_are_refused(spoil, text: str) -> None:
    sent = trajectory()
    spoil(sent)
    with pytest.raises(c.ConversionError, match=text):
        c.trajectory_to_arrays(c.trajectory_to_msg(sent, JOINTS), JOINTS)


def test_trajectories_of_other_joints_are_refused() -> None:
    message = c.trajectory_to_msg(trajectory(), JOINTS)
    with pytest.raises(c.ConversionError, match="joints are"):
        c.trajectory_to_arrays(message, ("a", "b"))
    with pytest.raises(c.ConversionError, match="no points"):
        c.trajectory_to_arrays(c.trajectory_to_msg(trajectory(0), JOINTS), JOINTS)


def test_latents_round_trip() -> None:
    latents = RNG.normal(size=(2, 3, 4)).astype(np.float16)
    back = c.latents_to_array(latents.shape, c.floats_to_field(latents))
    np.testing.assert_array_equal(back, latents)
    with pytest.raises(c.ConversionError, match="24 values"):
        c.latents_to_array((5, 5), c.floats_to_field(latents))
    with pytest.raises(c.ConversionError, match="non-finite"):
        c.latents_to_array((1,), [float("nan")])
