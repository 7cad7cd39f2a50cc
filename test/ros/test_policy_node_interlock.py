"""policy_node holds the arm for its operator, its emergency stop and its speed scaling."""

from __future__ import annotations

import numpy as np
import pytest
from described_arms import ur10e_description
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from rclpy.parameter import Parameter
from standing_cell import StandingCell
from std_msgs.msg import Bool, Float64, String
from tiny_priors import save_tiny_priors
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.action import Rollout
from fmac_ros.control import gate as gates
from fmac_ros.control.interlock import STILL_NOT_READY, STILL_PRESSED
from fmac_ros.msg import GateStatus
from fmac_ros.nodes.policy_node import PolicyNode
from fmac_ros.robots import load_robot
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import observation_to_msg, trajectory_to_arrays
from fmac_ros.types import Observation

TASK = "press the red button"


@pytest.fixture(scope="module")
def priors(tmp_path_factory):
    return save_tiny_priors(tmp_path_factory.mktemp("priors"), threshold=0.0)


class Operator:
    """Whoever stands beside the arm: a client of everything that may hold it."""

    def __init__(self, ros, priors, **parameters):
        self.ros = ros
        self.node = ros.add(PolicyNode, priors=str(priors), **parameters)
        tester = ros.node("operator")
        self.states = []
        tester.create_subscription(
            GateStatus, names.GATE_STATUS, lambda m: self.states.append(m.reason), qos.LATCHED
        )
        self.health = []
        tester.create_subscription(
            DiagnosticArray, names.DIAGNOSTICS, lambda m: self.health.extend(m.status), qos.RELIABLE
        )
        self.stop = tester.create_publisher(Bool, names.EMERGENCY_STOP, qos.RELIABLE)
        self.speed = tester.create_publisher(Float64, names.SPEED_SCALING, qos.RELIABLE)
        self._parameters = tester.create_client(SetParameters, "policy_node/set_parameters")
        self.client = ActionClient(tester, Rollout, names.ROLLOUT)
        assert ros.spin_until(self._parameters.service_is_ready)
        assert ros.spin_until(lambda: self.stop.get_subscription_count() == 1)
        ros.spin_for(0.3)

    def set(self, name, value):
        """Set a parameter of policy_node as ``ros2 param set`` does; the answer."""
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()]
        )
        answer = self._parameters.call_async(request)
        assert self.ros.spin_until(answer.done)
        return answer.result().results[0]

    def told(self, reason):
        """Whether gate_status comes to tell ``reason``."""
        return self.ros.spin_until(lambda: self.states[-1:] == [reason])

    def waits(self, text):
        """Whether the diagnostics come to tell ``text``."""
        return self.ros.spin_until(lambda: any(text in s.message for s in self.health))

    def roll(self, horizon):
        """Start an episode of random play; its handle."""
        assert self.ros.spin_until(self.client.server_is_ready)
        goal = Rollout.Goal(episode_id="000001", task=TASK, behaviour="random", horizon=horizon)
        sent = self.client.send_goal_async(goal)
        assert self.ros.spin_until(sent.done)
        return sent.result()


def test_hardware_comes_up_disarmed_and_waits_for_its_operator(ros, priors):
    operator = Operator(ros, priors, use_sim_time=True, start_armed=False, armed=True)
    cell = ros.add(StandingCell)
    assert operator.told(gates.DISARMED), "whatever a file says of armed"
    operator.roll(100_000)
    assert ros.spin_until(lambda: cell.commands > 3)
    np.testing.assert_allclose(cell.joints, cell.robot.home, atol=1e-9)
    assert operator.set("armed", True).successful
    assert operator.told("")
    assert ros.spin_until(lambda: np.abs(cell.joints - cell.robot.home).max() > 0.02)
    assert operator.set("armed", False).successful
    assert operator.told(gates.DISARMED)
    commands = cell.commands
    assert ros.spin_until(lambda: cell.commands > commands + 10)  # it comes to rest, then stands
    stands = cell.joints.copy()
    assert ros.spin_until(lambda: cell.commands > commands + 14)
    np.testing.assert_allclose(cell.joints, stands, atol=1e-6)


def test_only_an_operator_ends_an_emergency_stop(ros, priors):
    operator = Operator(ros, priors, use_sim_time=True)
    operator.stop.publish(Bool(data=True))
    assert operator.told(gates.EMERGENCY_STOP)
    assert not operator.node.get_parameter("armed").value
    refused = operator.set("armed", True)
    assert not refused.successful and refused.reason == STILL_PRESSED
    operator.stop.publish(Bool(data=False))
    ros.spin_for(0.3)
    assert operator.states[-1] == gates.EMERGENCY_STOP
    assert operator.set("armed", True).successful
    assert operator.told("")


def test_a_robot_that_is_not_ready_is_held_until_its_operator_arms(ros, priors):
    topic = "driver/ready"
    operator = Operator(ros, priors, use_sim_time=True, robot_ready_topic=topic)
    cell = ros.add(StandingCell)
    assert operator.told(gates.NOT_READY), "nothing was heard of it"
    refused = operator.set("armed", True)
    assert not refused.successful and refused.reason == STILL_NOT_READY
    ready = ros.node("driver").create_publisher(Bool, topic, qos.LATCHED)
    ready.publish(Bool(data=True))
    assert operator.told(gates.DISARMED), "ready, and nobody has armed"
    assert operator.set("armed", True).successful
    operator.roll(100_000)
    assert ros.spin_until(lambda: np.abs(cell.joints - cell.robot.home).max() > 0.02)
    ready.publish(Bool(data=False))
    assert operator.told(gates.NOT_READY)
    assert not operator.node.get_parameter("armed").value
    ready.publish(Bool(data=True))
    assert operator.told(gates.DISARMED)
    commands = cell.commands
    assert ros.spin_until(lambda: cell.commands > commands + 10)  # it comes to rest, then stands
    stands = cell.joints.copy()
    assert ros.spin_until(lambda: cell.commands > commands + 14)
    np.testing.assert_allclose(cell.joints, stands, atol=1e-6)


def test_what_is_not_a_yes_does_not_arm(ros, priors):
    operator = Operator(ros, priors, use_sim_time=True, start_armed=False)
    answer = operator.set("armed", "yes")
    assert not answer.successful
    assert not operator.set("start_armed", True).successful, "read-only"
    assert operator.told(gates.DISARMED)


def test_no_speed_pauses_and_speed_goes_on(ros, priors):
    operator = Operator(ros, priors, use_sim_time=True, full_speed_scaling=100.0)
    cell = ros.add(StandingCell)
    operator.speed.publish(Float64(data=0.0))
    assert operator.told(gates.PAUSED)
    operator.roll(100_000)
    assert ros.spin_until(lambda: cell.commands > 3)
    np.testing.assert_allclose(cell.joints, cell.robot.home, atol=1e-9)
    operator.speed.publish(Float64(data=100.0))
    assert operator.told("")
    assert ros.spin_until(lambda: np.abs(cell.joints - cell.robot.home).max() > 0.02)


class Hardware:
    """An arm in real time: observations while it ``speaks``, and the trajectories it was sent."""

    def __init__(self, ros):
        self.robot = load_robot("panda")
        self.node = ros.node("hardware")
        self.speaks, self.paths, self.q = True, [], np.array(self.robot.home)
        self.out = self.node.create_publisher(
            type(observation_to_msg(self._seen(), self.robot.joint_names)),
            names.OBSERVATION,
            qos.OBSERVATION,
        )
        topic = names.joint_trajectory(self.robot.controller)
        self.node.create_subscription(JointTrajectory, topic, self._on_path, qos.COMMAND)
        self.node.create_timer(0.1, self._on_tick)

    def _seen(self):
        now = self.node.get_clock().now().nanoseconds / 1e9
        pictures = tuple(np.zeros((2, 64, 64, 3), np.uint8))
        return Observation(now, ("front", "side"), pictures, self.q, np.zeros(7))

    def _on_path(self, message):
        self.paths.append(trajectory_to_arrays(message, self.robot.joint_names))

    def _on_tick(self):
        if self.paths:
            times, positions, _ = self.paths[-1]
            self.q = positions[np.searchsorted(times, 0.1).clip(max=len(times) - 1)]
        if self.speaks:
            message = observation_to_msg(self._seen(), self.robot.joint_names)
            self.out.publish(message)


def test_a_pressed_stop_halts_a_moving_arm_between_two_observations(ros, priors):
    operator = Operator(ros, priors, lockstep=False)
    arm = Hardware(ros)
    operator.roll(100_000)
    assert ros.spin_until(lambda: len(arm.paths) > 5)
    arm.speaks = False  # what stops it now is not an answer to an observation
    sent = len(arm.paths)
    operator.stop.publish(Bool(data=True))
    assert ros.spin_until(lambda: len(arm.paths) > sent, 1.0)
    assert operator.told(gates.EMERGENCY_STOP)
    ros.spin_for(0.5)
    assert len(arm.paths) <= sent + 2, "nothing follows the stop but an answer under way"
    times, positions, velocities = arm.paths[-1]
    assert times[-1] < 0.3 and not velocities[-1].any()
    assert np.abs(positions[-1] - positions[0]).max() < 0.1


def test_silence_in_an_episode_is_told_before_it_is_given_up(ros, priors):
    operator = Operator(ros, priors, lockstep=False, command_timeout=0.3, observation_timeout=60.0)
    arm = Hardware(ros)
    operator.roll(100_000)
    assert ros.spin_until(lambda: len(arm.paths) > 3)
    arm.speaks = False
    assert operator.told(gates.SILENCE)
    arm.speaks = True
    assert operator.told("")


def test_an_arm_without_a_urdf_waits_for_its_description(ros, priors):
    operator = Operator(ros, priors, robot="ur10e", use_sim_time=True)
    publisher = ros.node("describer").create_publisher(String, names.ROBOT_DESCRIPTION, qos.LATCHED)
    assert operator.waits("waiting for /robot_description")
    # A node of the test before may still be known for a moment.
    assert ros.spin_until(lambda: not operator.client.server_is_ready())
    ros.spin_for(0.5)
    assert not operator.client.server_is_ready()
    publisher.publish(String(data=ur10e_description().replace("elbow_joint", "knee_joint")))
    assert operator.waits("lacks the joints elbow_joint")
    publisher.publish(String(data=ur10e_description(velocity=2.0)))
    assert ros.spin_until(operator.client.server_is_ready)
    assert operator.waits("ready")
