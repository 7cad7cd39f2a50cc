"""franka_driver against a simulated arm that speaks the arm's protocol, in its own process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, String
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

pytest.importorskip("franky")
pytest.importorskip("franky_sim")

from simulated_arm import SimulatedArm, assert_within_limits  # noqa: E402

from fmac_ros.control.trajectory import MotionState, plan  # noqa: E402
from fmac_ros.drivers.franka.arm import ArmError, FrankaArm  # noqa: E402
from fmac_ros.drivers.franka.joint_log import read  # noqa: E402
from fmac_ros.drivers.franka.motion import Dynamics, Share, Waypoint  # noqa: E402
from fmac_ros.nodes.franka_driver import FrankaDriver  # noqa: E402
from fmac_ros.robots import load_robot  # noqa: E402
from fmac_ros.ros import names, qos  # noqa: E402
from fmac_ros.ros.conversions import (  # noqa: E402
    fingers_to_msg,
    joint_state_to_arrays,
    seconds_to_stamp,
    trajectory_to_msg,
)

ROBOT = load_robot("fr3")
PATIENCE = 20.0  # [s]


@pytest.fixture(scope="module")
def arm(tmp_path_factory):
    """One simulated arm; whatever the tests did to it, its commands stayed within the limits."""
    arm = SimulatedArm(tmp_path_factory.mktemp("arm"))
    yield arm
    arm.end()
    assert_within_limits(arm.log)


@pytest.mark.skipif(Path("/sys/kernel/realtime").exists(), reason="this kernel is real-time")
def test_a_kernel_without_real_time_is_refused_unless_that_is_ignored(arm):
    with pytest.raises(ArmError, match="realtime"):
        FrankaArm(arm.address, "enforce", Dynamics.of(ROBOT), 0.5)


def test_commands_in_a_burst_stay_smooth(arm):
    driven = FrankaArm(arm.address, "ignore", Dynamics.of(ROBOT), 0.5)
    begin = driven.state().commanded
    for index in range(60):
        away = np.full(7, 0.05) * (-1) ** (index // 3)
        driven.follow([Waypoint(begin + away, np.zeros(7))], Share())
        if index % 3 == 2:
            time.sleep(0.05)
    driven.follow([Waypoint(begin, np.zeros(7))], Share())
    time.sleep(1.0)
    driven.check()
    driven.close()


class Lab:
    """Whoever uses the driver: a client of all that it offers."""

    def __init__(self, ros, address, inside=True):
        self.ros = ros
        if inside:
            self.driver = ros.add(
                FrankaDriver, address=address, robot=ROBOT.name, realtime="ignore"
            )
        node = ros.node("lab")
        self.ready, self.states, self.urdf = [], [], []
        node.create_subscription(
            Bool, "franka_driver/ready", lambda m: self.ready.append(m.data), qos.LATCHED
        )
        node.create_subscription(JointState, names.JOINT_STATES, self.states.append, qos.RELIABLE)
        node.create_subscription(String, names.ROBOT_DESCRIPTION, self.urdf.append, qos.LATCHED)
        self._arm = node.create_client(SetBool, "franka_driver/arm")
        self._recover = node.create_client(Trigger, "franka_driver/recover")
        self.commands = node.create_publisher(
            JointTrajectory, names.joint_trajectory(ROBOT.controller), qos.COMMAND
        )
        self.grips = node.create_publisher(
            JointTrajectory, names.joint_trajectory(ROBOT.gripper_controller), qos.COMMAND
        )
        assert ros.spin_until(lambda: self.states, PATIENCE)
        assert ros.spin_until(lambda: self.commands.get_subscription_count() == 1, PATIENCE)
        self._last = None

    def call(self, client, request):
        assert self.ros.spin_until(client.service_is_ready, PATIENCE)
        answer = client.call_async(request)
        assert self.ros.spin_until(answer.done, PATIENCE)
        return answer.result()

    def arm(self, wanted=True):
        return self.call(self._arm, SetBool.Request(data=wanted))

    def recover(self):
        return self.call(self._recover, Trigger.Request())

    def armed(self):
        answer = self.arm()
        assert answer.success, answer.message
        assert self.ros.spin_until(lambda: self.ready[-1:] == [True], PATIENCE)

    def stopped(self):
        """Whether the driver says that the arm may not move."""
        return self.ros.spin_until(lambda: self.ready[-1:] == [False], PATIENCE)

    @property
    def pose(self):
        return joint_state_to_arrays(self.states[-1], ROBOT.joint_names)[0]

    @property
    def speed(self):
        return np.abs(joint_state_to_arrays(self.states[-1], ROBOT.joint_names)[1]).max()

    def fingers_at(self, opening):
        fingers = np.array(self.states[-1].position[7:])
        return len(fingers) == 2 and np.abs(fingers - opening).max() < 2e-3

    def rests(self):
        """Whether the arm comes to rest and stays there."""
        still = lambda: max(np.abs(s.velocity[:7]).max() for s in self.states[-20:]) < 0.01  # noqa: E731
        self.states.clear()
        return self.ros.spin_until(lambda: len(self.states) > 20 and still(), PATIENCE)

    def send(self, target, stamp=None):
        """Send a motion on from the last one, as policy_node does."""
        now = time.monotonic()
        if self._last is None or now - self._last[0] > 2.0:
            start = MotionState.at_rest(self.pose)
        else:
            start = self._last[1].at(now - self._last[0])
        trajectory = plan(ROBOT, start, np.asarray(target))
        self._last = (now, trajectory)
        self.commands.publish(trajectory_to_msg(trajectory, ROBOT.joint_names, stamp))
        return trajectory

    def go(self, target):
        """Move somewhere, sending again and again, until the arm is there."""
        there = lambda: np.abs(self.pose - target).max() < 0.01  # noqa: E731
        end = time.monotonic() + PATIENCE
        while not there():
            assert time.monotonic() < end, f"the arm is at {self.pose}, sent to {target}"
            self.send(target)
            self.ros.spin_until(there, 0.1)

    def set_off(self):
        """Have the arm on its way."""
        away = 0.4 if self.pose[0] < 0 else -0.4
        end = time.monotonic() + PATIENCE
        while self.speed < 0.15:
            assert time.monotonic() < end, "the arm does not move"
            self.send(self.pose + away * np.eye(7)[0])
            self.ros.spin_for(0.1)


@pytest.fixture
def lab(ros, arm):
    return Lab(ros, arm.address)


def test_it_starts_disarmed_and_says_what_the_arm_is(lab):
    assert lab.stopped()
    before = lab.pose
    lab.send(before + 0.1)
    lab.ros.spin_for(0.5)
    assert np.abs(lab.pose - before).max() < 1e-3
    state = lab.states[-1]
    assert tuple(state.name) == ROBOT.joint_names + ROBOT.gripper_joint_names
    assert len(state.position) == len(state.velocity) == len(state.name)
    assert lab.ros.spin_until(lambda: lab.urdf, PATIENCE)
    assert all(name in lab.urdf[-1].data for name in (*ROBOT.joint_names, ROBOT.ee_link))


def test_motions_that_replace_each_other_end_where_they_are_sent(lab):
    lab.armed()
    rng = np.random.default_rng(0)
    for _ in range(25):
        lab.send(ROBOT.home + rng.uniform(-0.2, 0.2, 7))
        lab.ros.spin_for(0.1)
    lab.go(ROBOT.home)
    assert lab.rests()


def test_the_hand_opens_and_closes(lab):
    lab.armed()
    for opening in (0.04, 0.0):
        message = fingers_to_msg(np.full(2, opening), 0.4, ROBOT.gripper_joint_names)
        lab.grips.publish(message)
        assert lab.ros.spin_until(lambda wanted=opening: lab.fingers_at(wanted), PATIENCE)


def broken(what):
    """A motion to where the arm is not, with one thing wrong."""
    start = MotionState.at_rest(ROBOT.home)
    message = trajectory_to_msg(plan(ROBOT, start, ROBOT.home + 0.1), ROBOT.joint_names)
    point = message.points[len(message.points) // 2]
    if what == "not finite":
        point.positions[3] = float("nan")
    elif what == "a joint missing":
        message.joint_names = list(message.joint_names[:-1])
    elif what == "another arm":
        message.joint_names = [name.replace("fr3", "panda") for name in message.joint_names]
    elif what == "times go back":
        message.points[1].time_from_start.sec = 9
    elif what == "it does not end at rest":
        message.points[-1].velocities[0] = 0.2
    elif what == "out of range":
        for p in message.points:
            p.positions[1] = 1.6
    elif what == "a jump at the start":
        for p in message.points:
            p.positions[0] += 0.6
    elif what == "too fast":
        point.velocities[0] = 9.0
    elif what == "stale":
        message.header.stamp = seconds_to_stamp(time.time() - 2.0)
    elif what == "from the future":
        message.header.stamp = seconds_to_stamp(time.time() + 2.0)
    elif what == "empty":
        message.points = []
    return message


BROKEN = (
    *("not finite", "a joint missing", "another arm", "times go back", "it does not end at rest"),
    *("out of range", "a jump at the start", "too fast", "stale", "from the future", "empty"),
)


def test_what_is_not_safe_is_refused(lab):
    lab.armed()
    lab.go(ROBOT.home)
    assert lab.rests()
    before = lab.pose
    counts = lab.driver._driver.counts
    for index, what in enumerate(BROKEN, counts.refused + 1):
        lab.commands.publish(broken(what))
        assert lab.ros.spin_until(lambda n=index: counts.refused == n, PATIENCE), what
    lab.ros.spin_for(0.3)
    assert np.abs(lab.pose - before).max() < 2e-3
    assert lab.ready[-1], "a refused command does not disarm"
    lab.commands.publish(broken("nothing"))  # the same without a fault is followed
    moved = lambda: np.abs(lab.pose - before).max() > 0.05  # noqa: E731
    assert lab.ros.spin_until(moved, PATIENCE)


def test_silence_holds_the_arm(lab):
    lab.armed()
    lab.go(ROBOT.home)
    assert lab.rests()
    target = ROBOT.home + 0.8 * np.eye(7)[0]
    slow = plan(ROBOT, MotionState.at_rest(lab.pose), target)
    stretched = trajectory_to_msg(slow, ROBOT.joint_names)
    for point in stretched.points:  # three times slower: still on its way after the time-out
        seconds = 3 * (point.time_from_start.sec + point.time_from_start.nanosec / 1e9)
        point.time_from_start.sec = int(seconds)
        point.time_from_start.nanosec = int(seconds % 1 * 1e9)
        point.velocities = [v / 3 for v in point.velocities]
    lab.commands.publish(stretched)
    counts = lab.driver._driver.counts
    assert lab.ros.spin_until(lambda: counts.silences > 0, PATIENCE)
    lab.ros.spin_for(0.3)
    assert lab.rests()
    assert 0.02 < lab.pose[0] - ROBOT.home[0] < 0.7, "it neither stood nor went on to the end"
    assert lab.ready[-1], "silence holds; it does not disarm"


def test_disarming_stops_a_moving_arm(lab):
    lab.armed()
    lab.set_off()
    assert lab.arm(False).success
    assert lab.stopped() and lab.rests()


def test_a_reflex_is_left_on_an_operators_word_only(lab, arm):
    lab.armed()
    lab.set_off()
    arm.reflex()
    assert lab.stopped()
    refused = lab.arm()
    assert not refused.success and "cartesian_reflex" in refused.message
    lab.ros.spin_for(1.0)
    assert not lab.arm().success, "nothing recovers by itself"
    assert lab.recover().success
    assert not lab.ready[-1], "recovering does not arm"
    lab.send(lab.pose)
    lab.armed()
    lab.go(ROBOT.home)


def test_the_stop_button(lab, arm):
    lab.armed()
    lab.set_off()
    arm.press_stop()
    assert lab.stopped()
    assert not lab.arm().success
    assert not lab.recover().success, "only a hand at the button releases it"
    arm.press_stop()
    assert lab.ros.spin_until(lambda: lab.arm().success, PATIENCE)
    lab.go(ROBOT.home)


def test_a_lost_arm_comes_back_disarmed(ros, tmp_path):
    arm = SimulatedArm(tmp_path)
    lab = Lab(ros, arm.address)
    lab.armed()
    lab.set_off()
    arm.kill()
    assert lab.stopped()
    assert "no connection" in lab.arm().message
    arm.restart()
    lab.states.clear()
    assert ros.spin_until(lambda: lab.states, PATIENCE)
    assert not lab.ready[-1]
    lab.armed()
    lab.go(ROBOT.home)
    arm.end()


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_a_signal_brings_the_arm_to_rest_and_a_restart_is_disarmed(ros, tmp_path, number):
    arm = SimulatedArm(tmp_path)
    driver = start_driver(arm.address)
    lab = Lab(ros, arm.address, inside=False)
    lab.armed()
    lab.set_off()
    driver.send_signal(number)
    assert driver.wait(PATIENCE) == 0
    ros.spin_for(0.5)  # hear what was said before the end, it is not of the next driver
    lab.states.clear()
    lab.ready.clear()
    driver = start_driver(arm.address)
    assert ros.spin_until(lambda: lab.states and lab.ready, PATIENCE)
    assert lab.speed < 0.01 and not any(lab.ready)
    driver.send_signal(number)
    driver.wait(PATIENCE)
    arm.end()
    found = assert_within_limits(arm.log)
    assert found.velocity[0] > 0.1
    last = read(arm.log)[-5:, 1:8]  # commanded at 1 kHz
    assert np.abs(np.diff(last, axis=0)).max() < 1e-5, "it was let go while it was moving"


def start_driver(address):
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "fmac_ros.nodes.franka_driver", "--ros-args"),
            *("-p", f"address:={address}", "-p", f"robot:={ROBOT.name}", "-p", "realtime:=ignore"),
        ],
        env=os.environ.copy(),
    )


def test_an_arm_that_is_not_there_is_waited_for(ros):
    node = ros.add(FrankaDriver, address="127.9.9.9", robot=ROBOT.name, realtime="ignore")
    assert ros.spin_until(lambda: "no connection" in node._driver.reason, PATIENCE)
