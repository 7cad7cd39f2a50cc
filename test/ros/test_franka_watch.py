"""franka_watch: the robot state of franka_ros2 as readiness, and recovery by a person alone.

The types of franka_msgs are stood in for by types with what is read of them.
"""

from __future__ import annotations

from typing import Any

import pytest
from rclpy.action import ActionServer
from rclpy.action.server import ServerGoalHandle
from std_msgs.msg import Bool, UInt8
from std_srvs.srv import Trigger

from fmac_ros.action import MoveArm
from fmac_ros.nodes import franka_watch
from fmac_ros.nodes.franka_watch import FrankaWatch
from fmac_ros.ros import franka_host, qos
from fmac_ros.ros.franka_host import FrankaHost, load_host, reading
from fmac_ros.ros.parameters import ParameterError

IDLE, MOVE, GUIDING, REFLEX, USER_STOPPED = 1, 2, 3, 4, 5
STATE = "franka_robot_state_broadcaster/robot_state"


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    host = FrankaHost(UInt8, MoveArm, lambda message: message.data)
    monkeypatch.setattr(franka_watch, "load_host", lambda: host)


class Arm:
    """The vendor's side and a person's: state, recovery, what ``ready`` says."""

    def __init__(self, ros: Any) -> None:
        self.ros, self.recoveries, self.recovers = ros, 0, True
        ros.add(FrankaWatch, stale_after=1.0, recovery_timeout=2.0)
        self.node = ros.node("franka")
        self.mode = self.node.create_publisher(UInt8, STATE, qos.RELIABLE)
        self.said: list[bool] = []
        self.node.create_subscription(
            Bool, "franka_watch/ready", lambda m: self.said.append(m.data), qos.LATCHED
        )
        self.client = self.node.create_client(Trigger, "franka_watch/recover")
        assert ros.spin_until(lambda: self.said == [False]), "nothing is known yet"
        assert ros.spin_until(lambda: self.mode.get_subscription_count() == 1)

    def serve(self) -> None:
        """Offer the vendor's recovery."""
        self.server = ActionServer(self.node, MoveArm, "action_server/error_recovery", self._run)

    def _run(self, goal: ServerGoalHandle) -> MoveArm.Result:
        self.recoveries += 1
        (goal.succeed if self.recovers else goal.abort)()
        return MoveArm.Result()

    def comes_to(self, mode: int, ready: bool) -> bool:
        """Whether a mode, published again and again, makes the last word ``ready``."""

        def says() -> bool:
            self.mode.publish(UInt8(data=mode))
            return self.said[-1] is ready

        return bool(self.ros.spin_until(says))

    def recover(self) -> Trigger.Response:
        """A person calls recover; the answer."""
        assert self.ros.spin_until(self.client.service_is_ready)
        self.ros.spin_for(0.5)  # the server finds the client, too
        answer = self.client.call_async(Trigger.Request())
        assert self.ros.spin_until(answer.done, 10.0)
        return answer.result()


def test_reflex_and_silence_are_not_ready(ros: Any) -> None:
    arm = Arm(ros)
    assert arm.comes_to(MOVE, True)
    assert arm.comes_to(REFLEX, False)
    assert arm.comes_to(IDLE, True)
    assert arm.comes_to(USER_STOPPED, False)
    assert arm.comes_to(MOVE, True)
    assert ros.spin_until(lambda: arm.said[-1] is False), "silent for stale_after"
    assert arm.recoveries == 0, "nothing recovers itself"


def test_a_person_recovers(ros: Any) -> None:
    arm = Arm(ros)
    assert "no action" in arm.recover().message
    arm.serve()
    ros.spin_for(0.5)
    answer = arm.recover()
    assert answer.success and "arm it" in answer.message and arm.recoveries == 1
    arm.recovers = False
    answer = arm.recover()
    assert not answer.success and "failed" in answer.message


@pytest.mark.parametrize("mode", range(8))
def test_only_idle_and_moving_arms_may_move(mode: int) -> None:
    text, may_move = reading(mode)
    assert may_move is (mode in (IDLE, MOVE)) and text


def test_without_franka_ros2_it_says_what_is_missing(
    ros: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="franka_msgs of franka_ros2.*source its workspace"):
        load_host()
    monkeypatch.setattr(franka_watch, "load_host", franka_host.load_host)
    with pytest.raises(ParameterError, match="franka_msgs"):
        ros.add(FrankaWatch)
