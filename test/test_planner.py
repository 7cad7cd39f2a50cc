"""Ways of the whole arm: clear of itself and the table, in the workspace, the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control.collision import Collisions
from fmac_ros.control.kinematics import Kinematics
from fmac_ros.control.planner import NoPathError, Path, Planner
from fmac_ros.control.planner.space import BOX_TOLERANCE, FreeSpace
from fmac_ros.robots import load_robot, simulated_robots


def _space(robot):
    return FreeSpace(robot, Kinematics(robot), Collisions(robot))


@pytest.fixture(scope="module", params=simulated_robots())
def space(request):
    return _space(load_robot(request.param))


def _finely(path, step=0.01):
    """Poses along a path, closer than the planner looks."""
    for a, b in zip(path.waypoints[:-1], path.waypoints[1:], strict=True):
        yield from np.linspace(a, b, int(np.abs(b - a).max() / step) + 2)


def _free_poses(space, count, seed=0):
    robot, rng = space.robot, np.random.default_rng(seed)
    while count:
        tip = rng.uniform(robot.workspace_lower, robot.workspace_upper)
        q = space.kinematics.solve(robot.home + rng.normal(0, 0.5, robot.size), tip)
        if not space.pose_fault(q):
            count -= 1
            yield q


def test_from_anywhere_in_the_workspace_home(space):
    robot = space.robot
    for q in _free_poses(space, 8):
        path = Planner(space).plan(q, robot.home)
        np.testing.assert_array_equal(path.waypoints[0], q)
        np.testing.assert_array_equal(path.waypoints[-1], robot.home)
        assert not any(path.slow)
        for pose in _finely(path):
            assert space.outside(pose) < BOX_TOLERANCE + 0.002
            assert not Collisions.fault(space._collisions, pose)


def _wall(robot, free):
    """A Panda whose straight way home is blocked: a band of its first joint is forbidden."""

    class Walled(FreeSpace):
        def pose_fault(self, q):
            return "a wall" if self._in_wall(q) else super().pose_fault(q)

        def line_fault(self, start, end):
            ways = np.linspace(start, end, 200)
            if any(self._in_wall(q) for q in ways):
                return "a wall"
            return super().line_fault(start, end)

        def _in_wall(self, q):
            return abs(q[0] - 0.2) < 0.05 and q[1] < free

    return Walled(robot, Kinematics(robot), Collisions(robot))


def test_around_an_obstacle_and_the_same_way_each_time():
    robot = load_robot("panda")
    beyond = robot.home.copy()
    beyond[0] += 0.45
    walled = _wall(robot, free=robot.home[1] + 0.15)
    assert walled.line_fault(beyond, robot.home) == "a wall"
    path = Planner(walled, seed=3).plan(beyond, robot.home)
    assert len(path.waypoints) > 2
    assert not any(walled.pose_fault(q) for q in _finely(path))
    again = Planner(walled, seed=3).plan(beyond, robot.home)
    np.testing.assert_array_equal(path.waypoints, again.waypoints)


def test_no_way_is_said_with_what_to_do():
    robot = load_robot("panda")
    beyond = robot.home.copy()
    beyond[0] += 0.45
    closed = _wall(robot, free=9.0)
    with pytest.raises(NoPathError, match="no safe way .* a wall; disarm, move the arm by hand"):
        Planner(closed, iterations=100).plan(beyond, robot.home)


def test_it_gives_up_in_time():
    robot = load_robot("panda")
    beyond = robot.home.copy()
    beyond[0] += 0.45
    with pytest.raises(NoPathError):
        Planner(_wall(robot, free=9.0), iterations=10**9, seconds=0.2).plan(beyond, robot.home)


def test_there_already(space):
    path = Planner(space).plan(space.robot.home, space.robot.home)
    assert path.waypoints.shape == (1, space.robot.size) and path.slow == ()


def test_a_goal_that_must_not_be_is_named():
    robot = load_robot("panda")
    space = _space(robot)
    away = robot.home.copy()
    away[0] += 1.2
    low = space.kinematics.solve(robot.home, np.array([0.45, 0.0, -0.1]), iterations=100)
    for goal, text in (
        (away, "outside the workspace"),
        (low, "outside the workspace"),
        (robot.upper + 0.1, "panda_joint1 is at"),
        (np.full(7, np.nan), "finite"),
    ):
        with pytest.raises(NoPathError, match=f"must not go there: .*{text}"):
            Planner(space).plan(robot.home, goal)


def test_from_outside_the_workspace_slowly_and_only_inwards(space):
    robot, rng = space.robot, np.random.default_rng(1)
    found = 0
    for _ in range(60):
        q = np.clip(robot.home + rng.normal(0, 0.5, robot.size), robot.lower, robot.upper)
        if space._collisions.fault(q) or not 0.02 < space.outside(q) < 0.3:
            continue
        try:
            path = Planner(space, iterations=300).plan(q, robot.home)
        except NoPathError:
            continue
        found += 1
        assert path.slow[0] and not path.slow[-1]
        outside = np.array([space.outside(pose) for pose in _finely(path)])
        assert np.all(np.diff(outside) <= BOX_TOLERANCE + 1e-3)
        assert outside.max() <= outside[0] + 1e-3
    assert found >= 8


def test_out_of_a_touch_with_the_table_it_only_comes_apart():
    robot = load_robot("panda")
    space = _space(robot)
    down = space.kinematics.forward(robot.home)[1]
    tip = np.array([0.45, 0.0, -0.01])
    q = space.kinematics.solve(robot.home, tip, down, iterations=100)
    assert "table" in space._collisions.fault(q)
    path = Planner(space).plan(q, robot.home)
    assert path.slow[0] and not path.slow[-1]
    heights = [space.kinematics.forward(pose)[0][2] for pose in _finely(path)]
    assert min(heights) >= tip[2] - 2e-3
    free = [not space._collisions.fault(pose) for pose in _finely(path)]
    assert free == sorted(free), "once it is clear it stays clear"


def test_a_path_must_be_finite_and_whole():
    with pytest.raises(ValueError, match="finite"):
        Path(np.full((2, 7), np.nan), (False,))
    with pytest.raises(ValueError, match="0 lines between 2"):
        Path(np.zeros((2, 7)), ())


def test_around_the_table_and_the_edges_of_the_workspace():
    """Pairs of far-apart poses between which the straight way hits something or leaves the box."""
    robot = load_robot("panda")
    space, rng, found, reasons = _space(robot), np.random.default_rng(0), 0, []
    for _ in range(400):
        ends = [
            space.kinematics.solve(
                rng.uniform(robot.lower, robot.upper),
                rng.uniform(robot.workspace_lower, robot.workspace_upper),
                iterations=100,
            )
            for _ in range(2)
        ]
        fault = "" if any(space.pose_fault(q) for q in ends) else space.line_fault(*ends)
        if not fault or (found and "table" not in fault):
            continue
        try:
            path = Planner(space, iterations=800).plan(*ends)
        except NoPathError:
            continue  # some are in parts of the joint space that do not hang together
        found, reasons = found + 1, [*reasons, fault]
        for pose in _finely(path):
            assert space.outside(pose) < BOX_TOLERANCE + 0.002
            assert not space._collisions.fault(pose)
        if any("table" in reason for reason in reasons):
            return
    raise AssertionError(f"no way around the table was found, but around: {reasons}")
