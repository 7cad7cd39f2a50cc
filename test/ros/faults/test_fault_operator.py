"""What an operator does to a moving arm, rightly and wrongly."""

from __future__ import annotations

import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rig import PATIENCE, mostly_slow
from std_msgs.msg import Bool, Float64

from fmac_ros.control import gate as gates
from fmac_ros.control.interlock import STILL_PRESSED
from fmac_ros.ros.fault_desk import until


def test_the_emergency_stop_stops_a_moving_arm(moving, since):
    seen = since()
    moving.desk.stop.publish(Bool(data=True))
    seen.held(gates.EMERGENCY_STOP, within=1.0)
    seen.rests(within=1.5)
    assert moving.desk.arm(True) == (False, STILL_PRESSED)
    moving.desk.stop.publish(Bool(data=False))
    moving.arm()
    assert moving.moves()


def test_speed_scaling_of_0_stops_a_moving_arm(moving, since):
    seen = since()
    moving.desk.speed.publish(Float64(data=0.0))
    seen.held(gates.PAUSED, within=1.0)
    seen.rests(within=1.5)
    moving.desk.speed.publish(Float64(data=0.5))
    assert moving.moves()


@pytest.mark.slow
def test_disarming_stops_a_moving_arm(moving, since):
    seen = since()
    assert moving.desk.arm(False) == (True, "")
    seen.held(gates.DISARMED, within=1.0)
    seen.rests(within=1.5)
    moving.arm()
    assert moving.moves()


def test_the_first_command_starts_where_the_arm_is(rig):
    recorder, handle = rig.desk.recorder, rig.roll()
    assert rig.moves()
    until(handle.cancel_goal_async().done, PATIENCE)
    for _ in range(3):  # the simulator puts its arm elsewhere each time, the recorder looks
        commands = recorder.commanded.commands
        handle = rig.roll()
        assert until(lambda n=commands: recorder.commanded.commands > n + 3, PATIENCE)
        until(handle.cancel_goal_async().done, PATIENCE)


ILLEGAL = {"robot": "ur5e", "command_timeout": 60.0, "lockstep": True, "armed": "yes"}


@pytest.mark.parametrize("name", mostly_slow(ILLEGAL, "lockstep", "armed"))
def test_an_illegal_change_of_a_parameter_changes_nothing(moving, name):
    client = moving.desk.node.create_client(SetParameters, "policy_node/set_parameters")
    request = SetParameters.Request(
        parameters=[Parameter(name, value=ILLEGAL[name]).to_parameter_msg()]
    )
    answer = moving.desk.call(client, request)
    assert answer is not None and not answer.results[0].successful and answer.results[0].reason
    assert moving.moves() and moving.desk.recorder.reason == ""
