"""Whatever the policy asks for, what leaves the controller is safe and continuous."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control import gate as gates
from fmac_ros.control.actions import ACTION_SPACES
from fmac_ros.control.controller import ArmController, Command
from fmac_ros.control.interlock import Interlock
from fmac_ros.control.trajectory import Trajectory
from fmac_ros.control.verify import WORKSPACE_TOLERANCE
from fmac_ros.robots import RobotConfig, load_robot, simulated_robots
from fmac_ros.types import Observation

PERIOD = 0.1  # [s]


def _seen(q: np.ndarray, v: np.ndarray, stamp: float) -> Observation:
    return Observation(stamp, (), (), q, v, np.full(2, 0.01), np.zeros(2))


def _at_home(robot: RobotConfig, space: str = "ee_delta") -> tuple[ArmController, Observation]:
    controller = ArmController(robot, space)
    seen = _seen(robot.home, np.zeros(robot.size), 0.0)
    controller.reset(seen)
    return controller, seen


def _wild(rng: np.random.Generator, size: int) -> np.ndarray:
    """An action as a broken policy may give it."""
    action = rng.uniform(-1.2, 1.2, size)
    kind = rng.random()
    if kind < 0.05:
        action[rng.integers(size)] = rng.choice([np.nan, np.inf, -np.inf])
    elif kind < 0.15:
        action *= 1e6
    elif kind < 0.2:
        action = action[:-1]
    return action


@pytest.mark.parametrize("space", ACTION_SPACES)
@pytest.mark.parametrize("name", simulated_robots())
def test_anything_asked_gives_a_safe_motion(name: str, space: str) -> None:
    robot = load_robot(name)
    controller, _ = _at_home(robot, space)
    rng = np.random.default_rng(7)
    q, v, now = robot.home, np.zeros(robot.size), 0.0
    before = None
    for _ in range(120):
        seen = _seen(q + rng.normal(0, 1e-3, robot.size), v, now - rng.choice([0.0, 0.05, 0.5]))
        command = controller.command(seen, _wild(rng, controller.space.size), now)
        _assert_safe(command, robot, controller)
        if before is not None:  # what starts now goes on, what was left alone starts as it did
            last = before.trajectory.at(command.start - before.start)
            np.testing.assert_allclose(command.trajectory.positions[0], last.q, atol=1e-6)
            np.testing.assert_allclose(command.trajectory.velocities[0], last.v, atol=1e-3)
        elapsed = rng.choice([PERIOD, rng.uniform(0.02, 0.3)])
        before, now = command, now + elapsed
        state = command.trajectory.at(now - command.start)
        q, v = state.q, state.v


def _assert_safe(command: Command, robot: RobotConfig, controller: ArmController) -> None:
    path = command.trajectory
    assert (command.opening is not None) == controller.space.gripper
    assert command.opening is None or 0.0 <= command.opening <= 1.0
    assert np.isfinite(command.action).all() and np.abs(command.action).max() <= 1.0
    assert np.all(path.positions >= robot.lower - 1e-3)
    assert np.all(path.positions <= robot.upper + 1e-3)
    assert np.all(np.abs(path.velocities) <= robot.velocity * 1.002)
    assert np.all(np.abs(path.accelerations) <= robot.acceleration * 1.002)
    assert not path.velocities[-1].any()
    _assert_in_box(path, robot, controller)
    assert np.all(np.isfinite(command.action)) and np.all(np.abs(command.action) <= 1)
    assert command.held == bool(command.reason)
    assert not command.held or command.reason in gates.REASONS


def _assert_in_box(path: Trajectory, robot: RobotConfig, controller: ArmController) -> None:
    tips = np.array([controller.kinematics.forward(q)[0] for q in path.positions])
    assert np.all(tips >= robot.workspace_lower - WORKSPACE_TOLERANCE - 2e-3)
    assert np.all(tips <= robot.workspace_upper + WORKSPACE_TOLERANCE + 2e-3)


@pytest.mark.parametrize(("name", "least"), [("panda", 0.022), ("ur5e", 0.028)])
def test_a_steady_action_moves_the_tip_steadily(name: str, least: float) -> None:
    robot = load_robot(name)
    for direction in np.vstack([np.eye(3)[:2], -np.eye(3)]):  # up, the box soon ends
        controller, seen = _at_home(robot)
        tips = [controller.proprio(seen)[:3]]
        for step in range(4):
            path = controller.command(seen, direction, step * PERIOD).trajectory
            state = path.at(PERIOD)
            seen = _seen(state.q, state.v, (step + 1) * PERIOD)
            tips.append(controller.proprio(seen)[:3])
        covered = np.diff(tips, axis=0) @ direction
        assert np.mean(covered[1:]) > least and np.all(covered > 0)


def test_the_action_that_passed_is_told() -> None:
    controller, seen = _at_home(load_robot("panda"))
    asked = np.array([0.5, -0.25, -3.0])
    command = controller.command(seen, asked, 0.0)
    assert not command.held
    np.testing.assert_allclose(command.action, [0.5, -0.25, -1.0], atol=1e-2)


def test_a_held_arm_passes_the_action_of_standing_still() -> None:
    controller, seen = _at_home(load_robot("panda"))
    command = controller.command(seen, np.full(3, np.nan), 0.0)
    assert command.held and command.reason == gates.BAD_ACTION
    np.testing.assert_allclose(command.action, 0, atol=1e-6)


@pytest.mark.parametrize(("now", "reason"), [(0.5, gates.STALE_OBSERVATION), (np.nan, "")])
def test_stale(now: float, reason: str) -> None:
    controller, seen = _at_home(load_robot("panda"))
    assert controller.command(seen, np.zeros(3), now).reason == reason


def test_a_moving_arm_that_holds_brakes_without_a_jump() -> None:
    robot = load_robot("panda")
    controller, seen = _at_home(robot)
    moving = controller.command(seen, np.array([1.0, 1.0, 0.0]), 0.0).trajectory.at(PERIOD)
    assert np.max(np.abs(moving.v)) > 0.1
    broken = _seen(np.full(robot.size, np.nan), moving.v, PERIOD)
    brake = controller.command(broken, np.zeros(3), PERIOD)
    assert brake.reason == gates.BAD_OBSERVATION
    np.testing.assert_allclose(brake.trajectory.positions[0], moving.q, atol=1e-9)
    np.testing.assert_allclose(brake.trajectory.velocities[0], moving.v, atol=1e-9)


def test_a_pushed_arm_holds_where_it_is_and_then_goes_on() -> None:
    robot = load_robot("panda")
    controller, _ = _at_home(robot)
    pushed = robot.home + np.array([0.4, 0, 0, 0, 0, 0, 0])
    seen = _seen(pushed, np.zeros(robot.size), PERIOD)
    command = controller.command(seen, np.zeros(3), PERIOD)
    assert command.reason == gates.START_JUMP
    np.testing.assert_allclose(command.trajectory.positions[-1], pushed)
    later = _seen(pushed, np.zeros(robot.size), 2 * PERIOD)
    assert not controller.command(later, np.zeros(3), 2 * PERIOD).held


def test_reset_comes_first_and_must_be_finite() -> None:
    robot = load_robot("panda")
    controller = ArmController(robot)
    broken = _seen(np.full(robot.size, np.nan), np.zeros(robot.size), 0.0)
    with pytest.raises(RuntimeError, match="reset"):
        controller.command(broken, np.zeros(3), 0.0)
    with pytest.raises(ValueError, match="not finite"):
        controller.reset(broken)


@pytest.mark.parametrize("now", [-3.0, 5.0])
def test_a_clock_that_jumps_leaves_the_last_motion_alone(now: float) -> None:
    controller, seen = _at_home(load_robot("panda"))
    moving = controller.command(seen, np.array([1.0, 0.0, 0.0]), 0.0)
    state = moving.trajectory.at(PERIOD)
    left = controller.command(_seen(state.q, state.v, PERIOD), np.array([1.0, 0.0, 0.0]), now)
    assert left.held and left.reason in (gates.CLOCK_MISMATCH, gates.STALE_OBSERVATION)
    assert left.start == moving.start and left.trajectory is moving.trajectory


def test_an_arm_that_was_let_go_starts_where_it_is_found() -> None:
    interlock = Interlock()
    controller = ArmController(load_robot("panda"), interlock=interlock)
    seen = _seen(load_robot("panda").home, np.zeros(7), 0.0)
    controller.reset(seen)
    controller.command(seen, np.zeros(3), 0.0)
    interlock.disarm()
    found = seen.joint_positions + 0.1
    controller.command(_seen(found, np.zeros(7), 1.0), np.zeros(3), 1.0)
    interlock.arm()
    command = controller.command(_seen(found, np.zeros(7), 2.0), np.zeros(3), 2.0)
    np.testing.assert_allclose(command.trajectory.positions[0], found, atol=1e-9)
