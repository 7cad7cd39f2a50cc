"""pybullet_sim: the ros2_control contract, in lock-step and in real time."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.qos import qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.control.gripper import finger_positions, opening_of
from fmac_ros.msg import GroundTruth
from fmac_ros.nodes.pybullet_sim import PybulletSim
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import (
    fingers_to_msg,
    image_to_array,
    joint_state_to_arrays,
    stamp_to_seconds,
    trajectory_to_msg,
)
from fmac_ros.ros.parameters import ParameterError
from fmac_ros.srv import Reset

PANDA = load_robot("panda")
TASK = "press the red button"
PERIOD = 1.0 / PANDA.control_rate_hz


class Client:
    """What a policy and a viewer see of the simulator."""

    def __init__(self, ros, name: str = "client") -> None:
        self.ros, self.node = ros, ros.node(name)
        self.joints: list[JointState] = []
        self.images: dict[str, list[Image]] = {"front": [], "side": []}
        self.infos: list[CameraInfo] = []
        self.truth: list[GroundTruth] = []
        self.clock: list[float] = []
        self.urdf: list[str] = []
        listen = self.node.create_subscription
        listen(JointState, names.JOINT_STATES, self.joints.append, qos.RELIABLE)
        listen(CameraInfo, names.camera_info("front"), self.infos.append, qos.RELIABLE)
        listen(GroundTruth, names.GROUND_TRUTH, self.truth.append, qos.RELIABLE)
        listen(Clock, names.CLOCK, self._on_clock, qos_profile_sensor_data)
        listen(String, names.ROBOT_DESCRIPTION, lambda m: self.urdf.append(m.data), qos.LATCHED)
        for camera, seen in self.images.items():
            listen(Image, names.camera_image(camera), seen.append, qos.RELIABLE)
        self.commands = self.node.create_publisher(
            JointTrajectory, names.joint_trajectory(PANDA.controller), qos.COMMAND
        )
        self.fingers = self.node.create_publisher(
            JointTrajectory, names.joint_trajectory(PANDA.gripper_controller), qos.COMMAND
        )
        self.resets = self.node.create_client(Reset, names.RESET)

    def _on_clock(self, message: Clock) -> None:
        self.clock.append(stamp_to_seconds(message.clock))

    @property
    def now(self) -> float:
        """Stamp of the newest state of which everything arrived, -1 before the first [s]."""
        heard = [self.joints, *self.images.values(), self.truth]
        if not all(heard):
            return -1.0
        stamps = {stamp_to_seconds(messages[-1].header.stamp) for messages in heard}
        return stamps.pop() if len(stamps) == 1 else -1.0

    @property
    def positions(self) -> np.ndarray:
        return joint_state_to_arrays(self.joints[-1], PANDA.joint_names)[0]

    def command(self, move: float = 0.0, stamp: Time | None = None, bad: float = 0.0) -> None:
        """Move all joints by ``move`` [rad] within a second."""
        start = self.positions
        path = np.linspace(start, start + move, 50)
        path[20] += bad
        velocities = np.full_like(path, move)
        velocities[-1] = 0.0
        plan = SimpleNamespace(times=np.arange(1, 51) * 0.02, positions=path, velocities=velocities)
        plan.accelerations = np.zeros_like(path)
        self.commands.publish(trajectory_to_msg(plan, PANDA.joint_names, stamp))

    def grip(self, opening: float, stamp: Time | None = None) -> None:
        """Send the fingers to an opening."""
        target = finger_positions(PANDA, opening)
        message = fingers_to_msg(target, 0.2, PANDA.gripper_joint_names, stamp)
        self.fingers.publish(message)

    @property
    def opening(self) -> float:
        """Of the gripper, as the joint states tell it."""
        positions, _ = joint_state_to_arrays(self.joints[-1], PANDA.gripper_joint_names)
        return opening_of(PANDA, positions)

    def reset(self, seed: int, split: str = "train", task: str = TASK) -> Reset.Response:
        future = self.resets.call_async(Reset.Request(seed=seed, split=split, task=task))
        assert self.ros.spin_until(future.done, 10.0)
        return future.result()


@pytest.fixture
def client(ros) -> Client:
    return Client(ros)


@pytest.fixture
def lockstep(ros, client) -> Client:
    """A client with a lock-step simulator whose first state has arrived."""
    ros.add(PybulletSim, task=TASK, repeat_rate_hz=20.0)
    assert ros.spin_until(lambda: client.now > 0 and client.commands.get_subscription_count())
    return client


def advanced(client: Client, since: float) -> bool:
    return client.ros.spin_until(lambda: client.now > since + PERIOD / 2, 2.0)


def test_a_command_advances_exactly_one_period(lockstep) -> None:
    for _ in range(5):
        before = lockstep.now
        lockstep.command(stamp=lockstep.joints[-1].header.stamp)
        assert advanced(lockstep, before)
        assert lockstep.now == pytest.approx(before + PERIOD, abs=1e-6)


def test_without_commands_the_same_state_comes_again(lockstep) -> None:
    before, count = lockstep.now, len(lockstep.images["front"])
    assert lockstep.ros.spin_until(lambda: len(lockstep.images["front"]) >= count + 3)
    assert lockstep.now in (before, -1.0)
    first, last = lockstep.images["front"][0], lockstep.images["front"][-1]
    assert first.header == last.header and first.data == last.data
    assert set(lockstep.clock) == {before}


def test_a_command_for_another_state_is_ignored(lockstep) -> None:
    answered, before = lockstep.joints[-1].header.stamp, lockstep.now
    lockstep.command(stamp=answered)
    assert advanced(lockstep, before)
    after = lockstep.now
    lockstep.command(stamp=answered)  # sent twice
    lockstep.ros.spin_for(0.3)
    assert lockstep.clock[-1] == after
    lockstep.command()  # a zero stamp is "now"
    assert advanced(lockstep, after)


def test_commands_move_the_arm(lockstep) -> None:
    start = lockstep.positions
    lockstep.command(move=0.1)
    assert advanced(lockstep, lockstep.now)
    moved = lockstep.positions - start
    assert np.all(moved > 0.002) and np.all(moved < 0.02)


def test_with_the_gripper_the_world_waits_for_both_commands(ros, client) -> None:
    grasp = "put the red block into the bowl"
    ros.add(PybulletSim, task=grasp, repeat_rate_hz=20.0, action_space="ee_delta_gripper")
    ready = (client.commands, client.fingers)
    assert ros.spin_until(
        lambda: client.now > 0 and all(topic.get_subscription_count() for topic in ready)
    )
    assert client.opening == pytest.approx(1.0, abs=0.02), "a task that grasps begins open"
    before = client.now
    for first, second in ((client.command, client.grip), (client.grip, client.command)) * 2:
        stamp = client.joints[-1].header.stamp
        kinds = {client.command: {}, client.grip: {"opening": 0.0}}
        first(stamp=stamp, **kinds[first])
        ros.spin_for(0.15)
        assert client.clock[-1] == before, "one command alone does not move the world"
        second(stamp=stamp, **kinds[second])
        assert advanced(client, before)
        assert client.now == pytest.approx(before + PERIOD, abs=1e-6)
        before = client.now
    assert client.opening == pytest.approx(0.0, abs=0.02)


def test_the_gripper_keeps_still_without_its_action_space(lockstep) -> None:
    before = lockstep.now
    lockstep.command()
    assert advanced(lockstep, before)
    assert lockstep.opening == pytest.approx(0.0, abs=0.02)


def test_a_bad_command_moves_nothing(lockstep) -> None:
    before = lockstep.now
    lockstep.command(bad=np.nan)
    lockstep.ros.spin_for(0.3)
    assert lockstep.clock[-1] == before


def test_reset_is_repeatable_and_time_goes_on(lockstep) -> None:
    before = lockstep.now
    assert lockstep.reset(3).ok and advanced(lockstep, before)
    first, picture = lockstep.now, image_to_array(lockstep.images["front"][-1])
    assert lockstep.reset(4).ok and lockstep.reset(3).ok
    assert advanced(lockstep, first + PERIOD)
    again = image_to_array(lockstep.images["front"][-1])
    assert np.abs(again.astype(int) - picture).mean() < 0.5
    assert np.all(np.diff(lockstep.clock) >= 0)
    truth = lockstep.truth[-1]
    assert (truth.seed, truth.split, truth.task, truth.success) == (3, "train", TASK, False)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"split": "test"}, "split is 'test', valid: train, eval"),
        ({"task": "make coffee"}, "make coffee"),
        ({"task": ""}, "no simulated scene"),
    ],
)
def test_a_wrong_reset_changes_nothing(lockstep, wrong: dict[str, str], text: str) -> None:
    before = lockstep.now
    response = lockstep.reset(1, **wrong)
    assert not response.ok and text in response.message
    lockstep.ros.spin_for(0.1)
    assert lockstep.clock[-1] == before and lockstep.truth[-1].task == TASK


def test_late_joiners_get_everything(ros, lockstep) -> None:
    late = Client(ros, "late")
    assert ros.spin_until(lambda: late.now > 0 and late.urdf and late.infos)
    assert late.urdf[0].lstrip().startswith("<") and "panda" in late.urdf[0]
    info, image = late.infos[0], late.images["front"][0]
    assert (info.width, info.height) == (image.width, image.height) == (128, 128)
    assert info.k[0] > 0 and info.k[2] == 64.0 and info.header.frame_id == image.header.frame_id


def test_real_time_follows_the_wall_clock(ros, client) -> None:
    ros.add(PybulletSim, task=TASK, lockstep=False)
    assert ros.spin_until(lambda: client.clock)
    wall, start = time.monotonic(), client.clock[-1]
    images, joints = len(client.images["front"]), len(client.joints)
    ros.spin_for(1.5)
    elapsed = time.monotonic() - wall
    assert client.clock[-1] - start == pytest.approx(elapsed, abs=0.3)
    assert len(client.images["front"]) - images == pytest.approx(10 * elapsed, abs=4)
    assert len(client.joints) - joints > 25 * elapsed


def test_wrong_parameters_are_refused(ros) -> None:
    with pytest.raises(ParameterError, match="'task' of pybullet_sim is not set"):
        ros.add(PybulletSim)
    with pytest.raises(ParameterError, match="closest: "):
        ros.add(PybulletSim, task="make coffee")
