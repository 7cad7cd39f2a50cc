"""Riding along a line: within all limits, on the line, at rest whenever nothing follows."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control.ride import MOST_SHARE, Ride
from fmac_ros.control.trajectory import MotionState, PlanError
from fmac_ros.robots import load_robot

AHEAD = 0.25


def _limits_hold(trajectory, robot, share):
    v, a = np.abs(trajectory.velocities), np.abs(trajectory.accelerations)
    jerk = np.abs(np.diff(trajectory.accelerations, axis=0)) / np.diff(trajectory.times)[:, None]
    assert np.all(v <= share * robot.velocity * 1.02)
    assert np.all(a <= share * robot.acceleration * 1.02)
    assert np.all(jerk <= robot.jerk * 1.001)


@pytest.mark.parametrize("name", ["panda", "fr3", "ur5e", "xarm"])
@pytest.mark.parametrize("share", [0.1, 0.5, MOST_SHARE])
def test_ticks_at_any_time_keep_line_and_limits(name, share):
    robot, rng = load_robot(name), np.random.default_rng(0)
    for _ in range(10):
        start = np.clip(robot.home + rng.normal(0, 0.5, robot.size), robot.lower, robot.upper)
        way = robot.home - start
        along = way / np.linalg.norm(way)
        ride, state, ticks = Ride(robot, start, robot.home, share), MotionState.at_rest(start), 0
        while not ride.ended(state):
            piece = ride.next(state, AHEAD, rng.choice([1.0, 1.0, 0.3]))
            _limits_hold(piece, robot, share)
            assert not piece.velocities[-1].any() and not piece.accelerations[-1].any()
            np.testing.assert_allclose(piece.positions[0], state.q, atol=1e-9)
            np.testing.assert_allclose(piece.velocities[0], state.v, atol=1e-4)
            done = (piece.positions - start) @ along
            beside = piece.positions - start - done[:, None] * along
            assert np.abs(beside).max() < 1e-9
            assert np.diff(done).min() > -2e-3 and done[-1] < np.linalg.norm(way) + 4e-3
            state, ticks = piece.at(rng.uniform(0.03, 0.2)), ticks + 1
            assert ticks < 2000
        np.testing.assert_allclose(state.q, robot.home, atol=4e-3)


def test_what_was_sent_last_ends_soon():
    robot = load_robot("panda")
    far = robot.home + np.array([1.0, 0.5, 0, 0, 0, 0, 0])
    ride = Ride(robot, robot.home, far, MOST_SHARE)
    state = MotionState.at_rest(robot.home)
    for _ in range(3):
        piece = ride.next(state, AHEAD)
        state = piece.at(0.1)
    assert piece.times[-1] < AHEAD + 0.6
    assert np.abs(piece.positions[-1] - far).max() > 0.05, "it does not go to the end by itself"


def test_ahead_of_nothing_is_a_stop():
    robot = load_robot("panda")
    ride = Ride(robot, robot.home, robot.home + 0.4, 0.5)
    moving = ride.next(MotionState.at_rest(robot.home), AHEAD).at(0.2)
    piece = ride.next(moving, 0.0)
    assert piece.times[-1] < 0.4 and not piece.velocities[-1].any()
    assert ride.done(MotionState.at_rest(piece.positions[-1])) < 0.5


def test_beside_the_line_there_is_no_motion():
    robot = load_robot("panda")
    ride = Ride(robot, robot.home, robot.home + 0.4, 0.5)
    aside = robot.home.copy()
    aside[2] += 0.05
    with pytest.raises(PlanError, match="beside its planned way"):
        ride.next(MotionState.at_rest(aside), AHEAD)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.0, float("nan")])
def test_a_share_that_leaves_no_room_is_refused(share):
    robot = load_robot("panda")
    with pytest.raises(ValueError, match="share of the limits"):
        Ride(robot, robot.home, robot.home + 0.1, share)
