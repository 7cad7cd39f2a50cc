"""Nothing moves that nobody armed, and nothing arms itself."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control import gate as gates
from fmac_ros.control.controller import ArmController
from fmac_ros.control.interlock import STILL_NOT_READY, STILL_PRESSED, Interlock
from fmac_ros.control.watchdog import Watchdog
from fmac_ros.robots import load_robot
from fmac_ros.types import Observation

PERIOD = 0.1  # [s]


def _armed():
    """A Panda at home, its controller and its interlock."""
    robot, interlock = load_robot("panda"), Interlock()
    controller = ArmController(robot, interlock=interlock)
    controller.reset(_seen(robot.home, 0.0))
    return robot, controller, interlock


def _seen(q, stamp, v=None):
    return Observation(stamp, (), (), q, np.zeros_like(q) if v is None else v)


def test_an_arm_comes_up_as_it_is_told():
    assert Interlock().fault == ""
    assert Interlock(armed=False).fault == gates.DISARMED


def test_the_emergency_stop_stays_until_an_operator_arms():
    interlock = Interlock()
    interlock.emergency_stop(True)
    assert interlock.fault == gates.EMERGENCY_STOP and not interlock.armed
    assert interlock.arm() == STILL_PRESSED
    interlock.emergency_stop(False)
    assert interlock.fault == gates.EMERGENCY_STOP
    assert interlock.arm() == "" and interlock.fault == ""


def test_a_robot_that_is_ready_again_waits_for_its_operator():
    interlock = Interlock(armed=True, ready=False)
    assert interlock.fault == gates.NOT_READY and not interlock.armed
    assert interlock.arm() == STILL_NOT_READY
    interlock.robot_ready(True)
    assert interlock.fault == gates.DISARMED
    assert interlock.arm() == "" and interlock.fault == ""
    interlock.robot_ready(False)
    interlock.robot_ready(True)
    assert interlock.fault == gates.DISARMED


@pytest.mark.parametrize("share", [0.0, -1.0, float("nan"), float("inf")])
def test_no_speed_is_a_pause(share):
    interlock = Interlock()
    interlock.scale(share)
    assert interlock.fault == gates.PAUSED
    interlock.scale(1.5)
    assert interlock.fault == "" and interlock.scaling == 1.0


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [
        (lambda interlock: interlock.disarm(), gates.DISARMED),
        (lambda interlock: interlock.emergency_stop(True), gates.EMERGENCY_STOP),
        (lambda interlock: interlock.scale(0.0), gates.PAUSED),
    ],
)
def test_a_moving_arm_is_brought_to_rest(meddle, reason):
    robot, controller, interlock = _armed()
    path = controller.command(_seen(robot.home, 0.0), np.array([1.0, 0, 0]), 0.0).trajectory
    moving = path.at(PERIOD)
    meddle(interlock)
    command = controller.command(_seen(moving.q, PERIOD, moving.v), np.array([1.0, 0, 0]), PERIOD)
    assert command.held and command.reason == reason
    np.testing.assert_allclose(command.trajectory.velocities[0], moving.v, atol=1e-9)
    ahead = command.trajectory.positions[-1] - moving.q
    assert np.max(np.abs(ahead)) < 0.7 * np.max(np.abs(path.positions[-1] - moving.q))
    assert command.trajectory.times[-1] < 0.3


def test_a_stop_is_told_before_any_other_reason():
    robot, controller, interlock = _armed()
    interlock.emergency_stop(True)
    broken = _seen(np.full(robot.size, np.nan), 0.0)
    assert controller.command(broken, np.zeros(3), 0.0).reason == gates.EMERGENCY_STOP


def test_half_speed_goes_half_as_far():
    robot, controller, interlock = _armed()
    interlock.scale(0.5)
    command = controller.command(_seen(robot.home, 0.0), np.array([0.0, 1.0, 0.0]), 0.0)
    tips = [controller.kinematics.forward(q)[0] for q in command.trajectory.positions]
    assert tips[-1][1] - tips[0][1] == pytest.approx(0.02, abs=1e-3)
    np.testing.assert_allclose(command.action, [0, 0.5, 0], atol=0.02)


def test_halt_stops_a_moving_arm_and_leaves_a_still_one():
    robot, controller, _ = _armed()
    assert controller.halt(5.0, gates.SILENCE) is None
    path = controller.command(_seen(robot.home, 5.0), np.array([1.0, 0, 0]), 5.0).trajectory
    command = controller.halt(5.0 + PERIOD, gates.SILENCE)
    assert command is not None and command.reason == gates.SILENCE
    np.testing.assert_allclose(command.trajectory.positions[0], path.at(PERIOD).q, atol=1e-9)
    assert not command.trajectory.velocities[-1].any()
    assert controller.halt(9.0, gates.SILENCE) is None


def test_a_watchdog_bites_once_per_silence():
    dog = Watchdog(0.5)
    assert not dog.bites(100.0), "nothing was due yet"
    dog.feed(100.0)
    assert not dog.bites(100.5)
    assert dog.bites(100.6) and not dog.bites(200.0)
    dog.feed(300.0)
    dog.rest()
    assert not dog.bites(400.0)
    with pytest.raises(ValueError, match="deadline is 0"):
        Watchdog(0.0)


def test_what_stands_in_the_way_holds_and_refuses_to_arm():
    interlock = Interlock()
    interlock.obstacle = gates.FOREIGN
    assert interlock.fault == gates.FOREIGN and interlock.arm() == gates.FOREIGN
    interlock.obstacle = ""
    assert interlock.fault == "", "it was armed all the time"
    interlock.disarm(gates.NOT_FOLLOWED)
    assert interlock.fault == gates.NOT_FOLLOWED and not interlock.armed
    assert interlock.arm() == "" and interlock.fault == ""


def test_a_clock_that_went_back_leaves_the_last_motion_to_its_end():
    robot, controller, _ = _armed()
    controller.command(_seen(robot.home, 5.0), np.array([1.0, 0, 0]), 5.0)
    assert controller.halt(4.0, gates.SILENCE) is None
