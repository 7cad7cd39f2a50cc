"""move_arm: the real policy_node moves a simulated arm in real time, and nothing else does."""

from __future__ import annotations

import time

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from motion_recorder import MotionRecorder
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from rclpy.parameter import Parameter
from sensor_msgs.msg import Joy
from std_msgs.msg import Bool, Float64, String
from tiny_priors import save_tiny_priors

from fmac_ros.action import MoveArm, Rollout
from fmac_ros.control import gate as gates
from fmac_ros.control.move import BY_A_PERSON, CANCELLED
from fmac_ros.nodes.policy_node import PolicyNode
from fmac_ros.nodes.pybullet_sim import PybulletSim
from fmac_ros.nodes.reset_node import ResetNode
from fmac_ros.nodes.state_node import StateNode
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.jog_input import JOGGING
from fmac_ros.ros.move_server import LOCKSTEP, MOVING
from fmac_ros.srv import Reset

TASK = "press the red button"
SPEED = 0.5  # of the limits, the default of move_arm
ASIDE = np.array([0.6, 0.35, -0.2, -0.35, 0.2, 0.3, 0.5])  # from the Panda's home


@pytest.fixture(scope="module")
def priors(tmp_path_factory):
    return save_tiny_priors(tmp_path_factory.mktemp("priors"), threshold=0.0)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """On a busy machine simulated time goes slower, instead of in leaps that no command answers."""
    monkeypatch.setattr("fmac_ros.nodes.pybullet_sim._MAX_LAG", 0.02)


class Cell:
    """A simulated arm in real time before policy_node, and an operator beside it."""

    def __init__(self, ros, priors, **parameters):
        self.ros, self.robot = ros, load_robot("panda")
        self.sim = ros.add(
            PybulletSim, task=TASK, lockstep=False, image_size=64, real_time_factor=2.0
        )
        self.state = ros.add(
            StateNode,
            use_sim_time=True,
            image_size=64,
            sensor_reliability="reliable",
            frozen_after=0.0,
        )
        settings = {"priors": str(priors), "use_sim_time": True, "lockstep": False}
        settings["observation_timeout"] = 20.0
        self.policy = ros.add(PolicyNode, **{**settings, **parameters})
        tester = ros.node()
        self.record = MotionRecorder(tester, self.robot)
        self.stop = tester.create_publisher(Bool, names.EMERGENCY_STOP, qos.RELIABLE)
        self.speed = tester.create_publisher(Float64, names.SPEED_SCALING, qos.RELIABLE)
        self.client = ActionClient(tester, MoveArm, names.MOVE_ARM)
        self.rollouts = ActionClient(tester, Rollout, names.ROLLOUT)
        self._parameters = tester.create_client(SetParameters, "policy_node/set_parameters")
        self.progress = []
        assert ros.spin_until(self.client.server_is_ready)
        assert ros.spin_until(self.rollouts.server_is_ready)
        assert ros.spin_until(lambda: len(self.record.times) > 5)
        ros.spin_for(0.5)

    def put(self, q):
        """Somebody moves the arm to joint positions q (n,)."""
        self.sim._world.arm.place(q)
        assert self.ros.spin_until(lambda: np.abs(self.record.pose - q).max() < 0.02)
        self.ros.spin_for(0.3)

    def send(self, q=()):
        """Ask for a motion; its handle."""
        goal = MoveArm.Goal(joint_positions=[float(x) for x in q])
        sent = self.client.send_goal_async(
            goal, feedback_callback=lambda m: self.progress.append(m.feedback.progress)
        )
        assert self.ros.spin_until(sent.done)
        return sent.result()

    def result(self, handle, timeout=30.0):
        """The result of a motion and its status."""
        answer = handle.get_result_async()
        assert self.ros.spin_until(answer.done, timeout), "the motion does not end"
        return answer.result().result, answer.result().status

    def under_way(self):
        """Wait until the arm moves."""
        assert self.ros.spin_until(lambda: self.record.speed > 0.2, 10.0)

    def arm(self, armed):
        """Set the parameter ``armed``."""
        request = SetParameters.Request(
            parameters=[Parameter("armed", value=armed).to_parameter_msg()]
        )
        answer = self._parameters.call_async(request)
        assert self.ros.spin_until(answer.done)

    def stands(self):
        """Whether the arm comes to rest and stays, short of home."""
        assert self.ros.spin_until(lambda: self.record.speed < 0.05)
        self.ros.spin_for(0.5)
        pose = self.record.pose
        self.ros.spin_for(0.5)
        return (
            np.abs(self.record.pose - pose).max() < 0.01
            and np.abs(pose - self.robot.home).max() > 0.1
        )


def test_home_from_several_poses_within_the_limits(ros, priors):
    cell = Cell(ros, priors)
    home = cell.robot.home
    for share in (1.0, -0.7):
        cell.put(home + share * ASIDE)
        cell.record.positions.clear(), cell.record.velocities.clear(), cell.record.times.clear()
        cell.progress.clear()
        result, status = cell.result(cell.send())
        assert result.ok, result.error
        assert status == GoalStatus.STATUS_SUCCEEDED
        assert np.abs(cell.record.pose - home).max() < 0.02
        assert cell.progress == sorted(cell.progress) and len(cell.progress) > 5
        cell.record.check(SPEED)
    result, _ = cell.result(cell.send(home))  # it is there
    assert result.ok
    goal = home + 0.5 * ASIDE
    result, _ = cell.result(cell.send(goal))
    assert result.ok and np.abs(cell.record.pose - goal).max() < 0.02
    cell.record.check(SPEED)


def test_disarmed_it_does_not_begin_and_stops_on_its_way(ros, priors):
    cell = Cell(ros, priors)
    cell.put(cell.robot.home + ASIDE)
    cell.arm(False)
    result, status = cell.result(cell.send())
    assert not result.ok and result.error == f"{gates.DISARMED}: {BY_A_PERSON}"
    assert status == GoalStatus.STATUS_ABORTED
    assert not cell.record.commands
    cell.arm(True)
    handle = cell.send()
    cell.under_way()
    cell.arm(False)
    result, status = cell.result(handle, 2.0)
    assert not result.ok and result.error == f"{gates.DISARMED}: {BY_A_PERSON}"
    assert status == GoalStatus.STATUS_ABORTED
    assert cell.stands()
    cell.arm(True)
    assert cell.stands(), "to be armed again is no order to go on"
    cell.record.check(SPEED)


def test_the_emergency_stop_ends_it(ros, priors):
    cell = Cell(ros, priors)
    cell.put(cell.robot.home + ASIDE)
    handle = cell.send()
    cell.under_way()
    cell.stop.publish(Bool(data=True))
    result, _ = cell.result(handle, 2.0)
    assert not result.ok and result.error == f"{gates.EMERGENCY_STOP}: {BY_A_PERSON}"
    assert cell.stands()
    cell.record.check(SPEED)


@pytest.mark.slow
def test_cancelled_it_comes_to_rest(ros, priors):
    cell = Cell(ros, priors)
    cell.put(cell.robot.home + ASIDE)
    handle = cell.send()
    cell.under_way()
    handle.cancel_goal_async()
    result, status = cell.result(handle, 5.0)
    assert not result.ok and result.error == CANCELLED
    assert status == GoalStatus.STATUS_CANCELED
    assert cell.stands()
    cell.record.check(SPEED)


def test_a_pause_holds_it_and_it_goes_on_by_itself(ros, priors):
    cell = Cell(ros, priors)
    cell.put(cell.robot.home + ASIDE)
    handle = cell.send()
    cell.under_way()
    cell.speed.publish(Float64(data=0.0))
    assert cell.stands()
    cell.speed.publish(Float64(data=0.5))
    result, _ = cell.result(handle)
    assert result.ok, result.error
    assert np.abs(cell.record.pose - cell.robot.home).max() < 0.02
    assert cell.progress == sorted(cell.progress)
    cell.record.check(SPEED)


@pytest.mark.slow
def test_without_observations_it_stops_and_is_given_up(ros, priors):
    cell = Cell(ros, priors, observation_timeout=2.0)
    cell.put(cell.robot.home + ASIDE)
    handle = cell.send()
    cell.under_way()
    cell.ros.executor.remove_node(cell.state)
    sent, began = len(cell.record.commands), time.monotonic()
    assert ros.spin_until(lambda: cell.record.speed < 0.05, 1.5), "a command ends at rest"
    result, _ = cell.result(handle, 5.0)
    assert not result.ok and "no usable observation within 2.0 s" in result.error
    assert time.monotonic() - began > 1.5
    assert cell.stands()
    assert len(cell.record.commands) <= sent + 2
    cell.record.check(SPEED)


@pytest.mark.slow
def test_one_commander_at_a_time(ros, priors):
    cell = Cell(ros, priors)
    cell.put(cell.robot.home + ASIDE)
    handle = cell.send()
    cell.under_way()
    second, _ = cell.result(cell.send())
    assert not second.ok and second.error == MOVING
    goal = Rollout.Goal(episode_id="000001", task=TASK, behaviour="random", horizon=1000)
    sent = cell.rollouts.send_goal_async(goal)
    assert ros.spin_until(sent.done)
    refused = sent.result().get_result_async()
    assert ros.spin_until(refused.done)
    assert not refused.result().result.ok and refused.result().result.error == MOVING
    result, _ = cell.result(handle)
    assert result.ok, result.error
    sent = cell.rollouts.send_goal_async(goal)
    assert ros.spin_until(sent.done)
    third, _ = cell.result(cell.send())
    assert not third.ok and "episode is running" in third.error


def test_bad_goals_are_refused_with_the_reason(ros, priors):
    cell = Cell(ros, priors)
    home = cell.robot.home
    for goal, text in (
        (home[:3], "valid: 7 finite numbers"),
        (home * np.nan, "valid: 7 finite numbers"),
        (home + 9.0, "is at"),
        (home + np.array([1.2, 0, 0, 0, 0, 0, 0]), "outside the workspace"),
    ):
        result, status = cell.result(cell.send(goal))
        assert not result.ok and text in result.error, goal
        assert status == GoalStatus.STATUS_ABORTED
    assert not cell.record.commands


def test_lock_step_is_refused_with_the_reason(ros, priors):
    ros.add(PolicyNode, priors=str(priors), use_sim_time=True, lockstep=True)
    client = ActionClient(ros.node(), MoveArm, names.MOVE_ARM)
    assert ros.spin_until(client.server_is_ready)
    sent = client.send_goal_async(MoveArm.Goal())
    assert ros.spin_until(sent.done)
    answer = sent.result().get_result_async()
    assert ros.spin_until(answer.done)
    assert answer.result().result.error == LOCKSTEP


def test_a_reset_waits_for_the_operator_and_comes_home_first(ros, priors):
    cell = Cell(ros, priors, start_armed=False)
    ros.add(ResetNode, scene_reset="service")
    tester, poses, words = ros.node("caller"), [], []
    tester.create_subscription(
        String, names.RESET_WAITING, lambda m: words.append(m.data), qos.RELIABLE
    )

    def on_scene(request, response):
        poses.append(cell.record.pose)
        response.ok = True
        return response

    tester.create_service(Reset, names.RESET_SCENE, on_scene)
    cell.put(cell.robot.home + ASIDE)
    client = tester.create_client(Reset, names.RESET, qos_profile=qos.RELIABLE)
    own = next(s for s in cell.sim.services if s.srv_name.endswith("reset"))
    cell.sim.destroy_service(own)  # a simulator brings the arm home, too
    assert ros.spin_until(client.service_is_ready)
    ros.spin_for(0.3)
    answer = client.call_async(Reset.Request(seed=1, split="train", task=TASK))
    assert ros.spin_until(lambda: any(gates.DISARMED in word for word in words))
    assert not cell.record.commands and not answer.done()
    cell.arm(True)
    assert ros.spin_until(answer.done, 30.0)
    assert answer.result().ok, answer.result().message
    assert np.abs(poses[0] - cell.robot.home).max() < 0.03
    cell.record.check(SPEED)


def test_a_person_jogs_while_a_button_is_held_and_nobody_else_commands(ros, priors):
    cell = Cell(ros, priors)
    stick = ros.node("stick").create_publisher(Joy, "policy_node/jog", qos.RELIABLE)
    assert ros.spin_until(lambda: stick.get_subscription_count() == 1)
    cell.record.commands.clear()

    def push(button):
        stick.publish(Joy(axes=[0.0, 1.0, 0.0], buttons=[button]))

    for _ in range(10):
        push(0)
        ros.spin_for(0.05)
    assert not cell.record.commands, "the button is not held"
    before = cell.record.pose

    def jogged():
        push(1)
        return np.abs(cell.record.pose - before).max() > 0.05

    assert ros.spin_until(jogged, 20.0)
    refused, _ = cell.result(cell.send())
    assert not refused.ok and refused.error == JOGGING
    assert ros.spin_until(lambda: cell.record.speed < 0.05, 5.0), "released, it stops"
    ros.spin_for(1.5)
    result, _ = cell.result(cell.send())
    assert result.ok, result.error
    cell.record.check()
