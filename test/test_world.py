"""The simulated cell: motion, layouts, images, and a button that must really be pressed."""

import subprocess
import sys

import numpy as np
import pytest

from fmac_ros.robots import load_robot, simulated_robots
from fmac_ros.sim.demonstrator import KINDS, demonstrate
from fmac_ros.sim.videos import draw_goal
from fmac_ros.sim.world import World
from fmac_ros.tasks import TASKS, find_goal


@pytest.fixture(scope="module")
def world():
    world = World(load_robot("panda"), "press the red button", image_size=64)
    yield world
    world.close()


def run(world, kind, seed):
    """Whether the task was solved at any frame of a scripted episode."""
    world.reset(seed)
    frames = demonstrate(world, kind, np.random.default_rng(seed))
    solved = [world.ground_truth() for _ in frames]  # all frames, not up to the first solved
    return any(solved)


@pytest.mark.parametrize("robot", simulated_robots())
def test_the_expert_presses_the_button_with_every_arm(robot):
    world = World(load_robot(robot), "press the red button", image_size=64)
    try:
        assert [run(world, "expert", seed) for seed in range(4)] == [True] * 4
    finally:
        world.close()


@pytest.mark.parametrize("robot", simulated_robots())
@pytest.mark.parametrize("task", ["push", "open_drawer", "close_drawer", "pick_place"])
def test_the_expert_solves_and_a_near_miss_does_not(robot, task):
    world = World(load_robot(robot), "press the red button", image_size=64)
    try:
        for seed in range(2):
            world.goal = draw_goal(task, np.random.default_rng(seed))
            assert run(world, "expert", seed)
            assert not run(world, "near_miss", seed)
    finally:
        world.close()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_video_goes_on_for_a_while(world, task, kind):
    world.goal = draw_goal(task, np.random.default_rng(1))
    world.reset(1)
    frames = sum(1 for _ in demonstrate(world, kind, np.random.default_rng(1)))
    assert frames > 8
    assert np.isfinite(world.joint_state()[0]).all()
    world.goal = find_goal("press the red button")


def test_a_drawer_stays_where_it_is_left(world):
    world.goal = find_goal("open the drawer")
    world.reset(0)
    for _ in demonstrate(world, "expert", np.random.default_rng(0)):
        pass
    assert world.ground_truth()
    world.arm.place(np.asarray(world.robot.home))
    drawn = world.layout.cabinet.drawn("")
    world.step(1.0)
    assert world.layout.cabinet.drawn("") == pytest.approx(drawn, abs=2e-3)
    world.goal = find_goal("press the red button")


def test_a_task_that_grasps_begins_with_an_open_gripper(world):
    world.goal = find_goal("put the red block into the bowl")
    world.reset(0)
    np.testing.assert_allclose(world.arm.fingers, world.robot.gripper_open, atol=1e-3)
    world.goal = find_goal("press the red button")
    world.reset(0)
    np.testing.assert_allclose(world.arm.fingers, world.robot.gripper_closed, atol=1e-3)


def test_near_misses_and_wrong_objects_do_not_count(world):
    assert not any(run(world, "near_miss", seed) for seed in range(4))
    assert not any(run(world, "wrong_object", seed) for seed in range(4))


def test_the_button_springs_back(world):
    world.reset(0)
    assert not world.ground_truth()
    for _ in demonstrate(world, "expert", np.random.default_rng(0)):
        pass
    assert world.ground_truth()
    world.arm.place(np.asarray(world.robot.home))
    world.step(0.5)
    assert not world.ground_truth()


def test_splits_draw_different_layouts_and_seeds_repeat(world):
    def picture(seed, split):
        world.reset(seed, split)
        return world.render("front").astype(int)

    np.testing.assert_array_equal(picture(3, "train"), picture(3, "train"))
    assert np.abs(picture(3, "train") - picture(3, "eval")).max() > 50


def test_time_never_goes_back(world):
    before = world.time
    world.reset(1)
    assert world.time > before


def test_the_arm_tracks_a_trajectory(world):
    world.reset(2)
    start, _, _ = world.joint_state()
    goal = start + np.linspace(-0.1, 0.1, len(start))
    times = np.linspace(0.02, 0.4, 20)
    blend = (times / times[-1])[:, None] ** 2 * (3 - 2 * times[:, None] / times[-1])
    speed = np.gradient(blend[:, 0], times)[:, None] * (goal - start)
    world.set_trajectory(times, start + blend * (goal - start), speed)
    world.step(0.6)
    reached, speeds, _ = world.joint_state()
    np.testing.assert_allclose(reached, goal, atol=2e-3)
    np.testing.assert_allclose(speeds, 0, atol=2e-2)


def test_images_show_arm_table_and_button(world):
    world.reset(4)
    for name in world.camera_names:
        image = world.render(name)
        assert image.shape == (64, 64, 3) and image.dtype == np.uint8
        red = (image[..., 0] > 120) & (image[..., 1] < 60) & (image[..., 2] < 60)
        assert 3 < red.sum() < 400, name
        assert image.std() > 30


def test_unknown_camera_and_split_are_refused(world):
    with pytest.raises(ValueError, match="front, side"):
        world.render("top")
    with pytest.raises(ValueError, match="train, eval"):
        world.reset(0, "test")


def test_unknown_sentence_is_refused():
    with pytest.raises(ValueError, match="no simulated scene"):
        World(load_robot("panda"), "make coffee")


def test_loading_the_simulator_prints_nothing() -> None:
    code = "import fmac_ros.tasks, fmac_ros.sim.world"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
