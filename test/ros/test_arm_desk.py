"""The word of the person at the terminal arms a real arm, once."""

from __future__ import annotations

import pytest
from rclpy.node import Node
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from fmac_ros.control.interlock import Interlock
from fmac_ros.drivers.franka.driver import NO_ARM
from fmac_ros.ros import arm_desk, qos
from fmac_ros.ros.arm_desk import ArmDesk
from fmac_ros.ros.interlock_inputs import InterlockInputs


class Nodes:
    """franka_driver and policy_node, played."""

    def __init__(self, ros):
        self.ros = ros
        driver = ros.add(lambda **options: Node("franka_driver", **options))
        policy = ros.add(lambda **options: Node("policy_node", **options))
        self.interlock = Interlock(armed=False)
        InterlockInputs(policy, self.interlock, lambda: None)
        self.words = []
        self.refusal = ""
        self._ready = driver.create_publisher(Bool, "franka_driver/ready", qos.LATCHED)
        self.tell(False)
        driver.create_service(SetBool, "franka_driver/arm", self._on_arm)
        driver.create_service(Trigger, "franka_driver/recover", self._on_recover)

    def tell(self, ready):
        self._ready.publish(Bool(data=ready))

    def _on_arm(self, request, response):
        self.words.append(request.data)
        response.success, response.message = not self.refusal, self.refusal
        if response.success:
            self.tell(request.data)
        return response

    def _on_recover(self, request, response):
        self.words.append("recover")
        response.success = True
        return response


class Desk:
    def __init__(self, ros, monkeypatch, at_start=False):
        monkeypatch.setattr(arm_desk, "_RETRY_PERIOD", 0.2)
        monkeypatch.setattr(arm_desk, "_GRACE", 0.1)
        self.ros, self.said, self.typed = ros, [], []
        read = lambda: self.typed.pop(0) if self.typed else None  # noqa: E731
        self.desk = ArmDesk(ros.node("desk"), True, at_start, self.said.append, read)

    def until(self, done, timeout=10.0):
        def served():
            self.desk.serve()
            return done()

        return self.ros.spin_until(served, timeout)


@pytest.fixture
def nodes(ros):
    return Nodes(ros)


def test_nothing_is_armed_without_a_word(ros, nodes, monkeypatch):
    desk = Desk(ros, monkeypatch)
    assert desk.until(lambda: any("type arm" in line for line in desk.said))
    assert not desk.until(lambda: nodes.words or nodes.interlock.armed, 1.0)


def test_a_typed_word_arms_the_driver_and_then_the_policy(ros, nodes, monkeypatch):
    desk = Desk(ros, monkeypatch)
    desk.typed.append("arm\n")
    assert desk.until(lambda: nodes.interlock.armed)
    assert nodes.words == [True]
    desk.typed.append("disarm\n")
    assert desk.until(lambda: not nodes.interlock.armed and nodes.words == [True, False])


def test_a_flag_arms_once_and_not_after_a_fault(ros, nodes, monkeypatch):
    nodes.refusal = NO_ARM
    desk = Desk(ros, monkeypatch, at_start=True)
    assert desk.until(lambda: any("no connection" in line for line in desk.said))
    nodes.refusal = ""
    assert desk.until(lambda: nodes.interlock.armed)
    words = list(nodes.words)
    nodes.interlock.disarm()
    nodes.tell(False)
    assert desk.until(lambda: any("type arm" in line for line in desk.said))
    assert not desk.until(lambda: nodes.words != words or nodes.interlock.armed, 1.0)
    desk.typed += ["recover\n", "arm\n"]
    assert desk.until(lambda: nodes.interlock.armed)
    assert nodes.words == [*words, "recover", True]


def test_an_arm_that_is_still_sought_is_asked_again(ros, nodes, monkeypatch):
    nodes.refusal = NO_ARM
    desk = Desk(ros, monkeypatch, at_start=True)
    assert desk.until(lambda: len(nodes.words) > 2)
    nodes.refusal = ""
    assert desk.until(lambda: nodes.interlock.armed)


def test_a_refusal_ends_the_word(ros, nodes, monkeypatch):
    nodes.interlock.emergency_stop(True)
    desk = Desk(ros, monkeypatch, at_start=True)
    assert desk.until(lambda: any("not policy armed" in line for line in desk.said))
    nodes.interlock.emergency_stop(False)
    assert not desk.until(lambda: nodes.interlock.armed, 1.0)


def test_a_word_does_not_hold_for_ever(ros, nodes, monkeypatch):
    monkeypatch.setattr(arm_desk, "_WORD_HOLDS", 0.3)
    nodes.refusal = NO_ARM
    desk = Desk(ros, monkeypatch, at_start=True)
    assert desk.until(lambda: any(NO_ARM in line for line in desk.said))
    desk.until(lambda: False, 1.0)
    nodes.refusal = ""
    assert not desk.until(lambda: nodes.interlock.armed, 1.0)


def test_other_lines_are_for_others(ros, nodes, monkeypatch):
    desk = Desk(ros, monkeypatch)
    desk.typed.append("yes\n")
    desk.desk.serve()
    assert desk.desk.other_line() == "yes\n" and desk.desk.other_line() is None
