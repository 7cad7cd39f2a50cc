"""The driver's decisions, with an arm that is played."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control.gate import DISARMED
from fmac_ros.control.trajectory import MotionState, plan
from fmac_ros.drivers.franka.arm import ArmError, ArmState, ConnectionLost
from fmac_ros.drivers.franka.driver import NO_ARM, RETRY_PERIOD, Driver
from fmac_ros.drivers.franka.way import Way
from fmac_ros.robots import load_robot

ROBOT = load_robot("fr3")
TIMEOUT = 0.5


class PlayedArm:
    """Is where it was sent; does what a test sets."""

    def __init__(self):
        self.q = ROBOT.home.copy()
        self.mode, self.errors = "Idle", ()
        self.lost = self.broken = False
        self.motions = self.stops = self.recoveries = 0
        self.closed = False

    def state(self):
        if self.lost:
            raise ConnectionLost("Timeout")
        still = np.zeros(7)
        return ArmState(0.0, self.q, still, still, self.q, still, self.mode, self.errors)

    def follow(self, points, share):
        self.motions += 1
        self.q = points[-1].position

    def stop(self):
        self.stops += 1

    def check(self):
        if self.broken:
            self.broken = False
            raise ArmError("motion aborted by reflex!\nmore")

    def recover(self):
        self.recoveries += 1
        self.mode, self.errors = "Idle", ()

    def close(self):
        self.closed = True


@pytest.fixture
def arm():
    return PlayedArm()


@pytest.fixture
def driver(arm):
    driver = Driver(ROBOT, lambda: arm, TIMEOUT)
    driver.tick(0.0)
    return driver


def way(longer=1.0):
    found = plan(ROBOT, MotionState.at_rest(ROBOT.home), ROBOT.home + 0.1)
    return Way(found.times * longer, found.positions, found.velocities / longer)


def test_it_starts_disarmed(driver, arm):
    assert not driver.ready and driver.reason == DISARMED
    assert driver.command(way(), 0.0, 0.0) == DISARMED
    assert arm.motions == 0 and driver.counts.refused == 1


def test_armed_it_follows(driver, arm):
    assert driver.arm(True) == "" and driver.ready
    assert driver.command(way(), 0.0, 0.0) == ""
    assert np.allclose(arm.q, ROBOT.home + 0.1)


@pytest.mark.parametrize("age", (0.4, -0.4, float("nan")))
def test_stale_and_early_commands_are_refused(driver, arm, age):
    driver.arm(True)
    assert "ago" in driver.command(way(), age, 0.0)
    assert arm.motions == 0 and driver.ready


@pytest.mark.parametrize(
    ("mode", "errors", "told"),
    (
        ("Reflex", ("cartesian_reflex",), "cartesian_reflex"),
        ("UserStopped", (), "UserStopped"),
        ("Guiding", (), "Guiding"),
        ("Other", (), "Other"),
    ),
)
def test_trouble_disarms_and_nothing_arms_again(driver, arm, mode, errors, told):
    driver.arm(True)
    arm.mode, arm.errors = mode, errors
    driver.tick(0.1)
    assert not driver.ready and told in driver.reason
    assert told in driver.arm(True), "it cannot be armed meanwhile"
    arm.mode, arm.errors = "Idle", ()
    driver.tick(0.2)
    assert not driver.ready and driver.reason == DISARMED
    assert driver.arm(True) == ""


def test_a_motion_that_is_broken_off_disarms(driver, arm):
    driver.arm(True)
    arm.broken = True
    driver.tick(0.1)
    assert not driver.ready and driver.reason == "motion aborted by reflex!"


def test_recovering_does_not_arm(driver, arm):
    driver.arm(True)
    arm.mode = "Reflex"
    driver.tick(0.1)
    assert driver.recover() == ""
    assert arm.recoveries == 1 and driver.reason == DISARMED


def test_nothing_recovers_by_itself(driver, arm):
    arm.mode = "Reflex"
    for second in range(60):
        driver.tick(float(second))
    assert arm.recoveries == 0


def test_a_lost_arm_is_sought_again_and_comes_back_disarmed(driver, arm):
    driver.arm(True)
    arm.lost = True
    assert driver.tick(0.1) is None
    assert not driver.ready and driver.reason.startswith(NO_ARM) and arm.closed
    assert driver.recover() == NO_ARM
    arm.lost = False
    assert driver.tick(0.1 + 1e6 * RETRY_PERIOD) is not None
    assert driver.reason == DISARMED


def test_silence_stops_a_way_that_would_take_longer(driver, arm):
    driver.arm(True)
    driver.command(way(longer=5.0), 0.0, 10.0)
    driver.tick(10.0 + TIMEOUT - 0.1)
    assert arm.stops == 0
    driver.tick(10.0 + TIMEOUT + 0.1)
    assert arm.stops == 1 and driver.counts.silences == 1 and driver.ready


def test_a_short_way_ends_by_itself(driver, arm):
    driver.arm(True)
    driver.command(way(), 0.0, 10.0)
    driver.tick(20.0)
    assert arm.stops == 0 and driver.counts.silences == 0


def test_disarming_and_the_end_stop_the_arm(driver, arm):
    driver.arm(True)
    driver.arm(False)
    assert arm.stops == 1 and not driver.ready
    driver.close()
    assert arm.stops == 2 and arm.closed
