"""Sentences lead to scenes, and every scene can be solved by its expert."""

import numpy as np
import pybullet
import pytest

from fmac_ros.sim.objects import COLOURS
from fmac_ros.tasks import TASKS, find_goal, sentences
from fmac_ros.tasks.base import REGION_LOWER, REGION_UPPER, Goal, draw_colours, scatter


@pytest.fixture
def client():
    client = pybullet.connect(pybullet.DIRECT)
    yield client
    pybullet.disconnect(client)


def test_every_sentence_is_found_in_any_writing():
    for sentence, goal in sentences().items():
        assert find_goal(f"  {sentence.upper()}. ") == goal
        assert goal.target in sentence


def test_unknown_sentence_names_the_closest():
    with pytest.raises(ValueError, match="press the red button"):
        find_goal("press the rod button")


def test_scatter_keeps_its_distance_inside_the_region():
    points = scatter(np.random.default_rng(0), 3, distance=0.13)
    gaps = np.linalg.norm(points[:, None] - points[None], axis=-1)
    assert gaps[np.triu_indices(3, 1)].min() >= 0.13
    assert (points >= REGION_LOWER).all() and (points <= REGION_UPPER).all()


def test_drawn_colours_start_with_the_target_and_never_repeat():
    for seed in range(20):
        names = draw_colours(np.random.default_rng(seed), "blue", tuple(COLOURS), 2)
        assert names[0] == "blue" and len(set(names)) == 3


@pytest.mark.parametrize("task", TASKS)
def test_layouts_differ_by_seed_and_repeat_with_it(client, task):
    goal = Goal(task, "red", "")

    def place(seed):
        layout = TASKS[task].build(client, goal, np.random.default_rng(seed))
        point = layout.waypoints("red", np.random.default_rng(0))[-1]
        layout.remove()
        return point

    np.testing.assert_allclose(place(1), place(1))
    assert np.linalg.norm(place(1) - place(2)) > 1e-3


@pytest.mark.parametrize("task", TASKS)
def test_layout_leaves_nothing_behind(client, task):
    layout = TASKS[task].build(client, Goal(task, "red", ""), np.random.default_rng(0))
    assert pybullet.getNumBodies(client) > 0
    layout.remove()
    assert pybullet.getNumBodies(client) == 0
