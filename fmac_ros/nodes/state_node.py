"""state_node: joins cameras and joint states by stamp into one observation.

It says what is missing or stale and never fills in. A state that is published again with
the same stamp leaves as an observation with the same stamp: same stamp, same state.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image, JointState

from fmac_ros.cameras.frozen import FrozenWatch
from fmac_ros.msg import Observation as ObservationMessage
from fmac_ros.picture import resize
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos, qos_events
from fmac_ros.ros.conversions import (
    ConversionError,
    has_joints,
    image_to_array,
    joint_state_to_arrays,
    observation_to_msg,
    stamp_to_nanoseconds,
    stamp_to_seconds,
)
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.images import compressed_to_array
from fmac_ros.ros.joiner import Joiner
from fmac_ros.ros.parameters import ParameterError, declare, parameter
from fmac_ros.ros.run import run_node
from fmac_ros.ros.source_watch import SourceWatch
from fmac_ros.types import Observation

_WATCH_PERIOD = 1.0  # [s]
_LOG_PERIOD = 5.0  # [s] between two lines about the same trouble
_FROZEN_MOTION = 0.05  # [rad] that a joint must cover before an unchanged picture is held frozen
_START_UP = 20.0  # [s] in which the robot side may come up without a line in the log
Message: TypeAlias = "Image | CompressedImage | JointState"


@dataclass(frozen=True)
class StateConfig:
    """Parameters of state_node."""

    robot: str = parameter("panda", description="arm whose joints are read, in config/robots")
    cameras: tuple[str, ...] = parameter(
        ("front", "side"), description="cameras, in the order in which the priors see them"
    )
    image_size: int = parameter(
        128,
        description="height and width of the observed images [px], what the priors work at or a"
        " whole multiple",
        minimum=16,
        maximum=1024,
    )
    slop: float = parameter(
        0.0,
        description="largest difference of the joined stamps [s], 0 in simulation",
        minimum=0.0,
        maximum=1.0,
    )
    stale_after: float = parameter(
        1.0, description="silence after which a source is stale [s]", minimum=0.05, maximum=60.0
    )
    sensor_reliability: str = parameter(
        "best_effort",
        description="how images and joint states are subscribed to; reliable in lock-step",
        choices=qos.RELIABILITIES,
    )
    compressed: bool = parameter(
        False, description="read image_raw/compressed (JPEG, PNG) instead of image_raw"
    )
    frozen_after: float = parameter(
        1.0,
        description="time of identical images of a moving arm that is too long [s], 0: any is fine",
        minimum=0.0,
        maximum=60.0,
    )


class StateNode(Node):
    """Subscribes to every camera and to the joint states, publishes observations."""

    def __init__(self, **options: Any) -> None:
        super().__init__("state_node", **options)
        self._config = declare(self, StateConfig)
        self._joint_names, self._finger_names = _joint_names(self._config.robot)
        self._trouble = ""
        self._started = self._joined = time.monotonic()
        topics = {camera: self._image_topic(camera) for camera in self._config.cameras}
        topics[names.JOINT_STATES] = names.JOINT_STATES
        self._joiner: Joiner[Message] = Joiner(list(topics), slop=round(self._config.slop * 1e9))
        resolved = {source: self.resolve_topic_name(topic) for source, topic in topics.items()}
        self._watch = SourceWatch(resolved, self.count_publishers, self._config.stale_after)
        after = self._config.frozen_after
        self._frozen = {
            camera: FrozenWatch(after, _FROZEN_MOTION) for camera in self._config.cameras
        }
        self._diagnostics = Diagnostics(self)
        self._publisher = self.create_publisher(
            ObservationMessage, names.OBSERVATION, qos.OBSERVATION
        )
        self._subscribe(topics)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_WATCH_PERIOD, self._on_watch, clock=steady)

    def _image_topic(self, camera: str) -> str:
        topic = names.camera_image(camera)
        return names.compressed(topic) if self._config.compressed else topic

    def _subscribe(self, topics: dict[str, str]) -> None:
        profile = qos.sensor(self._config.sensor_reliability)
        for source, topic in topics.items():
            picture = CompressedImage if self._config.compressed else Image
            kind = JointState if source == names.JOINT_STATES else picture
            events = qos_events.of_subscription(self, topic)
            listener = self._listener(source)
            self.create_subscription(kind, topic, listener, profile, event_callbacks=events)

    def _listener(self, source: str) -> Callable[[Message], None]:
        def _on_message(message: Message) -> None:
            if source == names.JOINT_STATES and not set(message.name) & set(self._joint_names):
                return  # another device on the same topic, a gripper for example
            self._watch.arrived(source, time.monotonic())
            stamp = stamp_to_nanoseconds(message.header.stamp)
            joined = self._joiner.add(source, stamp, message)
            if joined is not None:
                self._joined = time.monotonic()
                self._publish(joined)

        return _on_message

    def _publish(self, joined: dict[str, Message]) -> None:
        stamp = joined[self._config.cameras[0]].header.stamp
        try:
            observation = self._observation(stamp, joined)
            self._publisher.publish(
                observation_to_msg(observation, self._joint_names, stamp, self._finger_names)
            )
        except ConversionError as error:
            self._complain(str(error))
            return
        self._trouble = ""

    def _observation(self, stamp: Time, joined: dict[str, Message]) -> Observation:
        joints = joined[names.JOINT_STATES]
        positions, velocities = joint_state_to_arrays(joints, self._joint_names)
        known = has_joints(joints.name, self._finger_names)
        fingers = joint_state_to_arrays(joints, self._finger_names if known else ())
        images = tuple(
            self._image(camera, joined[camera], positions) for camera in self._config.cameras
        )
        return Observation(
            stamp=stamp_to_seconds(stamp),
            camera_names=self._config.cameras,
            images=images,
            joint_positions=positions,
            joint_velocities=velocities,
            finger_positions=fingers[0],
            finger_velocities=fingers[1],
        )

    def _image(self, camera: str, message: Message, positions: np.ndarray) -> np.ndarray:
        size = self._config.image_size
        try:
            convert = compressed_to_array if self._config.compressed else image_to_array
            picture = convert(message)
        except ConversionError as error:
            raise ConversionError(f"camera {camera}: {error}") from error
        if min(picture.shape[:2]) < size:
            raise ConversionError(
                f"camera {camera}: image is {picture.shape[1]}x{picture.shape[0]}, "
                f"valid: {size}x{size} or larger"
            )
        now = stamp_to_seconds(message.header.stamp)
        if frozen := self._frozen[camera].frozen_for(picture, now, positions):
            raise ConversionError(
                f"camera {camera} is frozen: the same image for {frozen:.1f} s while the arm moved"
            )
        return resize(picture, size)

    def _complain(self, trouble: str) -> None:
        self._trouble = trouble
        self._diagnostics.error(trouble)
        self.get_logger().error(trouble, throttle_duration_sec=_LOG_PERIOD)

    def _on_watch(self) -> None:
        now = time.monotonic()
        problems = self._watch.problems(now)
        waits = now - self._joined > self._config.stale_after
        if waits and not problems and (unmatched := self._joiner.unmatched()):
            what = " and no ".join(unmatched)
            reference = self._config.cameras[0]
            problems = [f"no {what} within {self._config.slop} s of the last {reference} image"]
        if problems:
            self._diagnostics.warn("; ".join(problems))
            if now - self._started > _START_UP:
                self.get_logger().warning("; ".join(problems), throttle_duration_sec=_LOG_PERIOD)
        elif not self._trouble:
            self._diagnostics.ok("observations flow")


def _joint_names(robot: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Joints of the arm, and of its fingers."""
    try:
        config = load_robot(robot)
        return config.joint_names, config.gripper_joint_names
    except (ValueError, OSError) as error:
        raise ParameterError(f"parameter 'robot' of state_node: {error}") from error


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    return run_node(StateNode)


if __name__ == "__main__":
    sys.exit(main())
