"""The ros2_control side of a simulated cell: publishes what a world measures."""

from __future__ import annotations

from typing import Any

from builtin_interfaces.msg import Time
from rclpy.node import Node
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import String

from fmac_ros.msg import GroundTruth
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import array_to_image, camera_info, seconds_to_stamp
from fmac_ros.ros.joint_states import joint_state_msg
from fmac_ros.sim.world import World


class ScenePublisher:
    """Publishes images with calibration, and the ground truth, of a world.

    Every message of one state carries the same stamp.
    """

    def __init__(self, node: Node, world: World) -> None:
        self._world = world
        self._truth = node.create_publisher(GroundTruth, names.GROUND_TRUTH, qos.RELIABLE)
        self._images = {
            camera: node.create_publisher(Image, names.camera_image(camera), qos.RELIABLE)
            for camera in world.camera_names
        }
        self._infos = {
            camera: node.create_publisher(CameraInfo, names.camera_info(camera), qos.RELIABLE)
            for camera in world.camera_names
        }

    def publish_scene(self, seed: int, split: str, stamp: Time) -> None:
        """What there is to see and whether the task is solved; seed and split name the layout."""
        truth = GroundTruth(seed=seed, split=split, task=self._world.goal.sentence)
        truth.header.stamp = stamp
        truth.success = bool(self._world.ground_truth())
        self._send(self._truth, truth)
        for camera in self._world.camera_names:
            self._publish_picture(camera, stamp)
        for camera in self._world.camera_names:  # nobody waits for the calibration
            self._publish_calibration(camera, stamp)

    def _publish_picture(self, camera: str, stamp: Time) -> None:
        picture = self._world.render(camera)
        self._send(self._images[camera], array_to_image(picture, stamp, _frame(camera)))

    def _publish_calibration(self, camera: str, stamp: Time) -> None:
        matrix, size = self._world.camera_matrix(camera), self._world.image_size
        info = camera_info(matrix, size, size, stamp, _frame(camera))
        self._send(self._infos[camera], info)

    def _send(self, publisher: Publisher, message: Any) -> None:
        publisher.publish(message)


class CellPublisher(ScenePublisher):
    """The scene, and clock, joint states and description of the arm that is simulated with it.

    The stamp is the simulated time.
    """

    def __init__(self, node: Node, world: World) -> None:
        super().__init__(node, world)
        self._clock = node.create_publisher(Clock, names.CLOCK, qos.CLOCK)
        self._joints = node.create_publisher(JointState, names.JOINT_STATES, qos.RELIABLE)
        self._description = node.create_publisher(String, names.ROBOT_DESCRIPTION, qos.LATCHED)
        self._description.publish(String(data=world.robot_description))
        self._last: list[tuple[Publisher, Any]] = []

    @property
    def stamp(self) -> Time:
        """Simulated time now."""
        return seconds_to_stamp(self._world.time)

    def publish_joints(self) -> None:
        """Clock and joint states of the world as it is now."""
        self._last = []
        stamp = self.stamp
        self._send(self._clock, Clock(clock=stamp))
        joints = self._world.joint_names + self._world.robot.gripper_joint_names
        parts = (self._world.joint_state(), self._world.finger_state())
        self._send(self._joints, joint_state_msg(joints, parts, stamp))

    def publish_all(self, seed: int, split: str) -> None:
        """All of the world as it is now; ``seed`` and ``split`` name its layout."""
        self.publish_joints()
        self.publish_scene(seed, split, self.stamp)

    def repeat(self) -> None:
        """Publish the last messages again, with their old stamps."""
        for publisher, message in self._last:
            publisher.publish(message)

    def _send(self, publisher: Publisher, message: Any) -> None:
        super()._send(publisher, message)
        self._last.append((publisher, message))


def _frame(camera: str) -> str:
    return f"{camera}_optical_frame"
