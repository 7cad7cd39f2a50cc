"""Planned motions keep every limit and end at rest."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control.trajectory import (
    MotionState,
    PlanError,
    Trajectory,
    plan,
    stop,
    within_limits,
)
from fmac_ros.robots import RobotConfig, load_robot

FINE = 1e-3  # [s]


@pytest.fixture
def robot() -> RobotConfig:
    return load_robot("panda")


def _fine(trajectory: Trajectory) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    states = [trajectory.at(t) for t in np.arange(0, trajectory.times[-1] + 0.05, FINE)]
    q, v, a = zip(*((s.q, s.v, s.a) for s in states), strict=True)
    return np.array(q), np.array(v), np.array(a)


def test_rest_to_rest(robot: RobotConfig) -> None:
    target = robot.home + np.linspace(-0.3, 0.3, robot.size)
    trajectory = plan(robot, MotionState.at_rest(robot.home), target)
    np.testing.assert_allclose(trajectory.positions[0], robot.home)
    np.testing.assert_allclose(trajectory.positions[-1], target, atol=1e-9)
    assert trajectory.times[0] == 0 and np.all(np.diff(trajectory.times) > 0)
    assert not trajectory.velocities[-1].any() and not trajectory.accelerations[-1].any()


def test_limits_hold_between_the_samples_too(robot: RobotConfig) -> None:
    # Interpolation adds up to a tenth to accelerations, which is what the margins are for.
    trajectory = plan(robot, MotionState.at_rest(robot.home), robot.home + 0.2)
    q, v, a = _fine(trajectory)
    assert np.all(np.abs(v) < robot.velocity * 1.01)
    assert np.all(np.abs(a) < robot.acceleration * 1.1)
    np.testing.assert_allclose(np.diff(q, axis=0) / FINE, v[:-1], atol=0.02)


def test_interpolation_passes_through_the_samples(robot: RobotConfig) -> None:
    trajectory = plan(robot, MotionState.at_rest(robot.home), robot.home + 0.2)
    for i, time in enumerate(trajectory.times[:-1]):
        for shift in (0.0, -1e-9):
            state = trajectory.at(time + shift)
            np.testing.assert_allclose(state.q, trajectory.positions[i], atol=1e-6)
            np.testing.assert_allclose(state.v, trajectory.velocities[i], atol=1e-5)
            np.testing.assert_allclose(state.a, trajectory.accelerations[i], atol=1e-3)


def test_replanning_on_the_way_is_continuous(robot: RobotConfig) -> None:
    first = plan(robot, MotionState.at_rest(robot.home), robot.home + 0.15)
    middle = first.at(0.073)
    second = plan(robot, middle, robot.home - 0.1)
    np.testing.assert_allclose(second.positions[0], middle.q)
    np.testing.assert_allclose(second.velocities[0], middle.v)
    np.testing.assert_allclose(second.accelerations[0], middle.a)


def test_stop_is_quick_and_goes_on_in_the_same_direction(robot: RobotConfig) -> None:
    first = plan(robot, MotionState.at_rest(robot.home), robot.home + 0.15)
    middle = first.at(0.1)
    halt = stop(robot, middle)
    assert halt.times[-1] <= first.times[-1] - 0.1 + 1e-6 + 0.02
    ahead = halt.positions[-1] - middle.q
    assert np.all(ahead >= -1e-9) and np.all(ahead <= robot.home + 0.15 - middle.q + 1e-3)


def test_standing_still_is_a_trajectory(robot: RobotConfig) -> None:
    still = stop(robot, MotionState.at_rest(robot.home))
    assert len(still.times) >= 2
    np.testing.assert_allclose(still.positions, np.tile(robot.home, (len(still.times), 1)))


def test_rest_of_a_motion_is_the_same_motion(robot: RobotConfig) -> None:
    whole = plan(robot, MotionState.at_rest(robot.home), robot.home + 0.2)
    for since in (0.04, 0.055, 10.0):
        rest = whole.rest_of(robot, since)
        for time in (0.0, 0.031, 5.0):
            np.testing.assert_allclose(rest.at(time).q, whole.at(since + time).q, atol=1e-4)


def test_rest_of_a_motion_keeps_the_limits(robot: RobotConfig) -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        start = plan(robot, MotionState.at_rest(robot.home), robot.home + _way(rng, robot))
        state = within_limits(robot, start.at(rng.uniform(0, start.times[-1])))
        whole = plan(robot, state, robot.home + _way(rng, robot))
        rest = whole.rest_of(robot, rng.uniform(0, whole.times[-1] + 0.01))
        assert np.all(np.diff(rest.times) > 0)
        assert np.all(np.abs(rest.velocities) <= robot.velocity + 1e-9)
        assert np.all(np.abs(rest.accelerations) <= robot.acceleration + 1e-9)
        jerk = np.diff(rest.accelerations, axis=0) / np.diff(rest.times)[:, None]
        assert np.all(np.abs(jerk) <= robot.jerk * 1.001)
        assert not rest.velocities[-1].any() and not rest.accelerations[-1].any()


def _way(rng: np.random.Generator, robot: RobotConfig) -> np.ndarray:
    return rng.uniform(-0.15, 0.15, robot.size)


def test_no_plan_is_an_error(robot: RobotConfig) -> None:
    with pytest.raises(PlanError):
        plan(robot, MotionState.at_rest(robot.home), np.full(robot.size, np.nan))
