"""Messages <-> the core's types. Strict: joints go by name, nothing is filled in."""

from __future__ import annotations

import array
from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Duration, Time
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from fmac_ros.control.trajectory import Trajectory
from fmac_ros.msg import Observation as ObservationMessage
from fmac_ros.ros.images import ConversionError, array_to_image, camera_info, image_to_array
from fmac_ros.types import Observation

__all__ = [
    "ConversionError",
    "array_to_image",
    "camera_info",
    "floats_to_field",
    "fingers_to_msg",
    "has_joints",
    "image_to_array",
    "joint_state_to_arrays",
    "latents_to_array",
    "msg_to_observation",
    "nanoseconds_to_stamp",
    "observation_to_msg",
    "seconds_to_stamp",
    "stamp_to_nanoseconds",
    "stamp_to_seconds",
    "trajectory_to_arrays",
    "trajectory_to_msg",
]

_NANO = 1_000_000_000
_END_VELOCITY = 1e-3  # [rad/s], what a controller takes for standing still


def stamp_to_nanoseconds(stamp: Time) -> int:
    """A stamp as whole nanoseconds, exact."""
    return stamp.sec * _NANO + stamp.nanosec


def nanoseconds_to_stamp(nanoseconds: int) -> Time:
    """The exact inverse of :func:`stamp_to_nanoseconds`."""
    seconds, rest = divmod(nanoseconds, _NANO)
    return Time(sec=seconds, nanosec=rest)


def stamp_to_seconds(stamp: Time) -> float:
    """A stamp in seconds [s]: exact below 50 days, to 0.3 us for wall time."""
    return stamp_to_nanoseconds(stamp) / _NANO


def seconds_to_stamp(seconds: float) -> Time:
    """The stamp nearest to a time [s]."""
    if not np.isfinite(seconds):
        raise ConversionError(f"time is {seconds} s, valid: a finite number")
    return nanoseconds_to_stamp(round(seconds * _NANO))


def floats_to_field(values: np.ndarray, typecode: str = "f") -> array.array:
    """Any numeric array, flattened, for a ``float32[]`` ("f") or ``float64[]`` ("d") field."""
    dtype = np.float32 if typecode == "f" else np.float64
    return array.array(typecode, np.ascontiguousarray(values, dtype).tobytes())


def latents_to_array(shape: Sequence[int], values: Sequence[float]) -> np.ndarray:
    """Latents of a message as a float32 array of ``shape``, row major."""
    flat = np.asarray(values, np.float32)
    if flat.size != int(np.prod(shape)) or len(shape) == 0:
        raise ConversionError(f"latents hold {flat.size} values, their shape is {tuple(shape)}")
    if not np.isfinite(flat).all():
        raise ConversionError("latents hold a non-finite value")
    return flat.reshape(tuple(shape))


def has_joints(names: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether a message has all the joints, and any is wanted."""
    return bool(wanted) and set(wanted) <= set(names)


def _by_name(names: Sequence[str], joint_names: Sequence[str]) -> list[int]:
    index = {name: i for i, name in enumerate(names)}
    missing = [name for name in joint_names if name not in index]
    if missing:
        raise ConversionError(f"joints {missing} are missing, the message has {list(names)}")
    return [index[name] for name in joint_names]


def _pick(values: Sequence[float], order: list[int], count: int, what: str) -> np.ndarray:
    """``values`` of ``count`` joints in the wanted order, (n,) float64, all finite."""
    if len(values) != count:
        raise ConversionError(f"{what} has {len(values)} values for {count} joint names")
    picked = np.asarray(values, np.float64)[order]
    if not np.isfinite(picked).all():
        raise ConversionError(f"{what} is {picked.tolist()}, valid: finite numbers")
    return picked


def joint_state_to_arrays(
    message: JointState, joint_names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Positions (n,) [rad] and velocities (n,) [rad/s] of the named joints.

    Other joints of the message (gripper, second arm) are left alone.

    Raises:
        ConversionError: a joint, its velocity or a finite value is missing.
    """
    order = _by_name(message.name, joint_names)
    count = len(message.name)
    return (
        _pick(message.position, order, count, "joint position"),
        _pick(message.velocity, order, count, "joint velocity"),
    )


def observation_to_msg(
    observation: Observation,
    joint_names: Sequence[str],
    stamp: Time | None = None,
    finger_names: Sequence[str] = (),
) -> ObservationMessage:
    """The message of an observation; ``stamp`` is the exact one where it is at hand.

    The fingers, where they are known, come after the arm's joints.
    """
    if len(observation.camera_names) != len(observation.images):
        raise ConversionError(
            f"{len(observation.images)} images for cameras {list(observation.camera_names)}"
        )
    stamp = stamp or seconds_to_stamp(observation.stamp)
    fingers = list(finger_names) if len(observation.finger_positions) else []
    message = ObservationMessage(joint_names=[*joint_names, *fingers])
    message.header.stamp = stamp
    positions = (observation.joint_positions, observation.finger_positions)
    velocities = (observation.joint_velocities, observation.finger_velocities)
    message.joint_positions = floats_to_field(np.concatenate(positions), "d")
    message.joint_velocities = floats_to_field(np.concatenate(velocities), "d")
    message.camera_names = list(observation.camera_names)
    message.images = [
        array_to_image(image, stamp, name)
        for name, image in zip(observation.camera_names, observation.images, strict=True)
    ]
    return message


def msg_to_observation(
    message: ObservationMessage, joint_names: Sequence[str], finger_names: Sequence[str] = ()
) -> Observation:
    """The core's observation, with its joints in the order of ``joint_names``.

    Fingers that the message does not have stay empty.
    """
    order = _by_name(message.joint_names, joint_names)
    known = has_joints(message.joint_names, finger_names)
    fingers = _by_name(message.joint_names, finger_names) if known else []
    count = len(message.joint_names)
    if len(message.images) != len(message.camera_names) or not message.images:
        raise ConversionError(
            f"{len(message.images)} images for cameras {list(message.camera_names)}"
        )
    return Observation(
        stamp=stamp_to_seconds(message.header.stamp),
        camera_names=tuple(message.camera_names),
        images=tuple(image_to_array(image) for image in message.images),
        joint_positions=_pick(message.joint_positions, order, count, "joint position"),
        joint_velocities=_pick(message.joint_velocities, order, count, "joint velocity"),
        finger_positions=_pick(message.joint_positions, fingers, count, "finger position"),
        finger_velocities=_pick(message.joint_velocities, fingers, count, "finger velocity"),
    )


def _point(trajectory: Trajectory, index: int) -> JointTrajectoryPoint:
    nanoseconds = round(float(trajectory.times[index]) * _NANO)
    return JointTrajectoryPoint(
        positions=floats_to_field(trajectory.positions[index], "d"),
        velocities=floats_to_field(trajectory.velocities[index], "d"),
        accelerations=floats_to_field(trajectory.accelerations[index], "d"),
        time_from_start=Duration(sec=nanoseconds // _NANO, nanosec=nanoseconds % _NANO),
    )


def trajectory_to_msg(
    trajectory: Trajectory, joint_names: Sequence[str], stamp: Time | None = None
) -> JointTrajectory:
    """A ros2_control command.

    Args:
        stamp: when the trajectory starts; None is "now", as the controllers read a zero
            stamp. Lock-step passes the stamp of the observation that it answers.
    """
    message = JointTrajectory(joint_names=list(joint_names))
    if stamp is not None:
        message.header.stamp = stamp
    message.points = [_point(trajectory, index) for index in range(len(trajectory.times))]
    return message


def fingers_to_msg(
    positions: np.ndarray, duration: float, names: Sequence[str], stamp: Time | None = None
) -> JointTrajectory:
    """A command that brings the fingers to ``positions`` (f,) [m] in ``duration`` [s]."""
    still = np.zeros((1, len(positions)))
    trajectory = Trajectory(np.array([duration]), np.asarray(positions)[None], still, still)
    return trajectory_to_msg(trajectory, names, stamp)


def _rows(points: Sequence[JointTrajectoryPoint], field: str, order: list[int]) -> np.ndarray:
    """One field of all points, (k, n) float64, joints in the wanted order, all finite."""
    rows = [getattr(point, field) for point in points]
    lengths = {len(row) for row in rows}
    if lengths != {len(order)}:
        raise ConversionError(f"{field} have {sorted(lengths)} values for {len(order)} joints")
    values = np.array(rows, np.float64)[:, order]
    if not np.isfinite(values).all():
        raise ConversionError(f"{field} hold a non-finite value")
    return values


def trajectory_to_arrays(
    message: JointTrajectory, joint_names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times (k,) [s], positions (k, n) [rad] and velocities (k, n) [rad/s] of a command.

    Refuses what a ros2_control trajectory controller refuses, and also non-finite values
    and points without velocities, which would have to be guessed.

    Raises:
        ConversionError: unknown or missing joints, no points, times that do not increase,
            missing or non-finite values, or a velocity at the end.
    """
    if sorted(message.joint_names) != sorted(joint_names):
        raise ConversionError(f"joints are {list(message.joint_names)}, valid: {list(joint_names)}")
    if not message.points:
        raise ConversionError("the trajectory has no points")
    starts = [point.time_from_start for point in message.points]
    times = np.array([start.sec + start.nanosec / _NANO for start in starts])
    if times[0] < 0.0 or (np.diff(times) <= 0.0).any():
        raise ConversionError(f"times from start are {times.tolist()}, valid: increasing")
    order = _by_name(message.joint_names, joint_names)
    positions = _rows(message.points, "positions", order)
    velocities = _rows(message.points, "velocities", order)
    if np.abs(velocities[-1]).max() > _END_VELOCITY:
        raise ConversionError(f"the last velocities are {velocities[-1].tolist()}, valid: 0")
    return times, positions, velocities
