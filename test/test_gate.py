"""The gate lets nothing stale, broken or out of limits through."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control import gate as gates
from fmac_ros.control.gate import Gate
from fmac_ros.control.kinematics import Kinematics
from fmac_ros.control.trajectory import MotionState
from fmac_ros.robots import RobotConfig, load_robot
from fmac_ros.types import Observation

NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot("panda")


@pytest.fixture(scope="module")
def gate(robot: RobotConfig) -> Gate:
    return Gate(robot, Kinematics(robot))


def _seen(q: np.ndarray, v: np.ndarray | None = None, stamp: float = 10.0) -> Observation:
    return Observation(stamp, (), (), q, np.zeros_like(q) if v is None else v)


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (0.0, ""),
        (0.29, ""),
        (0.31, gates.STALE_OBSERVATION),
        (NAN, gates.STALE_OBSERVATION),
        (INF, gates.STALE_OBSERVATION),
        (-0.1, ""),
        (-0.4, gates.CLOCK_MISMATCH),
    ],
)
def test_age(gate: Gate, robot: RobotConfig, age: float, reason: str) -> None:
    assert gate.observation_fault(_seen(robot.home), now=10.0 + age) == reason


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_broken_joint_state(gate: Gate, robot: RobotConfig, bad: float) -> None:
    broken = robot.home.copy()
    broken[3] = bad
    for seen in (_seen(broken), _seen(robot.home, broken), _seen(robot.home[:3])):
        assert gate.observation_fault(seen, now=10.0) == gates.BAD_OBSERVATION


def test_start_jump(gate: Gate, robot: RobotConfig) -> None:
    commanded = MotionState.at_rest(robot.home)
    pushed = robot.home.copy()
    pushed[1] += gates.MAX_START_JUMP + 0.05
    assert gate.start_fault(commanded, _seen(robot.home), now=10.0) == ""
    assert gate.start_fault(commanded, _seen(pushed), now=10.0) == gates.START_JUMP
    # An older observation may be further behind.
    assert gate.start_fault(commanded, _seen(pushed), now=10.2) == ""


def test_a_good_target_passes_unchanged(gate: Gate, robot: RobotConfig) -> None:
    target = robot.home + 0.02
    verdict = gate.check(robot.home, target)
    assert not verdict.held and not verdict.reason
    np.testing.assert_allclose(verdict.q_target, target)


def test_too_fast_is_shortened_along_its_direction(gate: Gate, robot: RobotConfig) -> None:
    step = np.zeros(robot.size)
    step[6] = 3.0
    passed = gate.check(robot.home, robot.home + step).q_target - robot.home
    assert passed[6] == pytest.approx(robot.velocity[6] / robot.control_rate_hz)
    np.testing.assert_allclose(passed[:6], 0)


def test_joint_range(gate: Gate, robot: RobotConfig) -> None:
    q = robot.home.copy()
    q[6] = robot.upper[6] - 0.01
    target = q.copy()
    target[6] += 0.1
    assert gate.check(q, target).q_target[6] == pytest.approx(robot.upper[6])


def test_the_tip_is_kept_in_the_box(gate: Gate, robot: RobotConfig) -> None:
    kinematics = Kinematics(robot)
    down = kinematics.forward(robot.home)[1]
    edge = np.array([0.5, robot.workspace_upper[1] - 0.01, robot.workspace_lower[2] + 0.01])
    q = kinematics.solve(robot.home, edge, down)
    beyond = kinematics.solve(q, edge + [0, 0.05, -0.05], down)
    verdict = gate.check(q, beyond)
    tip = kinematics.forward(verdict.q_target)[0]
    assert not verdict.held
    assert np.all(tip >= robot.workspace_lower - 1e-3)
    assert np.all(tip <= robot.workspace_upper + 1e-3)


@pytest.mark.parametrize("bad", [NAN, INF])
def test_non_finite_target_is_held(gate: Gate, robot: RobotConfig, bad: float) -> None:
    verdict = gate.check(robot.home, np.full(robot.size, bad))
    assert verdict.held and verdict.reason == gates.BAD_ACTION
    np.testing.assert_allclose(verdict.q_target, robot.home)


def test_max_age_must_be_positive(robot: RobotConfig) -> None:
    with pytest.raises(ValueError, match="max_age"):
        Gate(robot, Kinematics(robot), max_age=NAN)
