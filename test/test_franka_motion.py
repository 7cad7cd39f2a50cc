"""What a Franka arm may follow, through which waypoints, and what lies behind them."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control.trajectory import MotionState, plan
from fmac_ros.drivers.franka.joint_log import TICK
from fmac_ros.drivers.franka.motion import ASIDE, Dynamics, waypoints
from fmac_ros.drivers.franka.reference import MAX_MISSED, Reference
from fmac_ros.drivers.franka.way import LONGEST, Way, fault
from fmac_ros.robots import load_robot

ROBOT = load_robot("fr3")
DYNAMICS = Dynamics.of(ROBOT)
AWAY = np.array([0.2, 0.1, -0.1, 0.1, 0.2, -0.2, 0.3])


def way_to(target):
    found = plan(ROBOT, MotionState.at_rest(ROBOT.home), target)
    return Way(found.times, found.positions, found.velocities)


def changed(way, **fields):
    arrays = {"times": way.times, "positions": way.positions, "velocities": way.velocities}
    return Way(**{name: values.copy() for name, values in {**arrays, **fields}.items()})


def test_a_planned_motion_may_be_followed():
    assert fault(way_to(ROBOT.home + AWAY), ROBOT.home, ROBOT) == ""


@pytest.mark.parametrize(
    ("what", "text"),
    (
        (lambda w: changed(w, positions=w.positions + 2.0), "leaves its range"),
        (lambda w: changed(w, positions=w.positions + 0.3), "too far"),
        (lambda w: changed(w, times=w.times / 4), "is too fast"),
        (lambda w: changed(w, velocities=w.velocities * 20), "is too fast"),
        (
            lambda w: changed(w, velocities=w.velocities * (np.arange(len(w.times)) % 2)[:, None]),
            "accelerates too hard",
        ),
        (lambda w: changed(w, times=w.times + LONGEST), "valid: up to"),
    ),
)
def test_what_breaks_a_limit_is_named(what, text):
    assert text in fault(what(way_to(ROBOT.home + AWAY)), ROBOT.home, ROBOT)


def test_a_late_way_is_followed_from_where_it_should_be_by_now():
    way = way_to(ROBOT.home + AWAY)
    rest = way.since(0.1)
    assert rest.times[0] > 0 and rest.times[-1] == pytest.approx(way.times[-1] - 0.1)
    assert np.array_equal(rest.positions[-1], way.positions[-1])
    assert len(way.since(100.0).times) == 1


def test_a_short_motion_has_one_waypoint():
    points = waypoints(way_to(ROBOT.home + AWAY), DYNAMICS)
    assert len(points) == 1
    assert np.allclose(points[0].position, ROBOT.home + AWAY)


def test_a_way_that_turns_is_kept_to():
    there = plan(ROBOT, MotionState.at_rest(ROBOT.home), ROBOT.home + 0.5 * np.eye(7)[0])
    back = plan(ROBOT, MotionState.at_rest(ROBOT.home + 0.5 * np.eye(7)[0]), ROBOT.home)
    way = Way(
        np.concatenate([there.times, there.times[-1] + back.times[1:]]),
        np.concatenate([there.positions, back.positions[1:]]),
        np.concatenate([there.velocities, back.velocities[1:]]),
    )
    points = waypoints(way, DYNAMICS)
    assert len(points) > 2
    assert max(point.position[0] for point in points) > ROBOT.home[0] + 0.5 - ASIDE


def test_a_slow_way_is_followed_slowly_and_a_lag_is_made_up_for():
    way = way_to(ROBOT.home + AWAY)
    slow = Way(way.times * 4, way.positions, way.velocities / 4)
    assert DYNAMICS.share(slow, ROBOT.home).velocity < 0.4
    still = Way(np.array([0.02]), ROBOT.home[None], np.zeros((1, 7)))
    assert DYNAMICS.share(still, ROBOT.home).velocity < 0.1
    assert DYNAMICS.share(still, ROBOT.home + 0.3).velocity == 1.0


def test_the_simulated_arm_goes_on_while_a_command_is_late():
    reference = Reference()
    for message in range(1, 11):
        reference.take(message, np.full(7, 0.5 * 2.0 * (message * TICK) ** 2))
    position, velocity, acceleration = reference.ahead(12)
    assert acceleration == pytest.approx(2.0)
    assert velocity == pytest.approx(2.0 * 11.5 * TICK)
    assert position == pytest.approx(0.5 * 2.0 * (12 * TICK) ** 2, rel=0.02)
    late = reference.ahead(10 + 5 * MAX_MISSED)[0]
    assert np.array_equal(late, reference.ahead(10 + MAX_MISSED)[0])
