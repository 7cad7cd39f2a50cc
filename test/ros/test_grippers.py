"""How the gripper is told what to do."""

from __future__ import annotations

import sys
import types
from types import SimpleNamespace
from typing import Any

import pytest
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.robots import load_robot
from fmac_ros.ros import grippers, names, qos
from fmac_ros.ros.grippers import FingerTrajectories, GripperActions, make_gripper

FR3 = load_robot("fr3")
ACTION = "franka_gripper/gripper_action"


class Client:
    """A stand-in for the client of an action whose type is not installed here."""

    def __init__(self, node: Any, kind: Any, name: str) -> None:
        self.sent: list[float] = []
        self.there = True

    def server_is_ready(self) -> bool:
        return self.there

    def send_goal_async(self, goal: Any) -> None:
        self.sent.append(goal.command.position)


class Kind:
    """GripperCommand as far as it is used."""

    @staticmethod
    def Goal() -> Any:  # noqa: N802  (its name)
        return SimpleNamespace(command=SimpleNamespace(position=0.0, max_effort=0.0))


@pytest.fixture
def control_msgs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package as a ROS host has it."""
    module = types.ModuleType("control_msgs.action")
    module.GripperCommand = Kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "control_msgs", types.ModuleType("control_msgs"))
    monkeypatch.setitem(sys.modules, "control_msgs.action", module)
    monkeypatch.setattr(grippers, "ActionClient", Client)


def test_a_goal_for_each_change_of_the_opening(ros: Any, control_msgs: None) -> None:
    gripper = make_gripper(ros.node(), FR3, ACTION)
    assert isinstance(gripper, GripperActions)
    client: Any = gripper._client
    for opening in (1.0, 1.0, 0.0, 0.0, 1.0):
        gripper.send(opening, None)
        gripper.repeat()
    assert client.sent == [0.04, 0.0, 0.04]
    client.there = False
    gripper.send(0.0, None)
    client.there = True
    gripper.send(0.0, None)
    assert client.sent[3:] == [0.0], "what nobody heard is said again"


def test_without_control_msgs_it_says_what_is_missing(ros: Any) -> None:
    with pytest.raises(ValueError, match="gripper_action 'x' needs the package control_msgs"):
        make_gripper(ros.node(), FR3, "x")


def test_without_an_action_the_fingers_get_a_trajectory(ros: Any) -> None:
    node = ros.node()
    heard: list[JointTrajectory] = []
    topic = names.joint_trajectory(FR3.gripper_controller)
    node.create_subscription(JointTrajectory, topic, heard.append, qos.COMMAND)
    gripper = make_gripper(node, FR3)
    assert isinstance(gripper, FingerTrajectories)
    gripper.repeat()
    assert ros.spin_until(lambda: node.count_publishers(topic) == 1)
    ros.spin_for(0.3)
    gripper.send(1.0, None)
    assert ros.spin_until(lambda: heard)
    assert list(heard[0].points[-1].positions) == [0.04, 0.04]
