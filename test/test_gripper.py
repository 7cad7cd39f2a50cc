"""The gripper: what an action means for it, and that the gate guards it too."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from untrained_priors import write_untrained

from fmac_ros.control import gate as gates
from fmac_ros.control.controller import ArmController
from fmac_ros.control.gripper import (
    CLOSED,
    OPEN,
    finger_positions,
    opening_of,
    stroke_time,
    wanted_opening,
)
from fmac_ros.graph import describe
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.registry import load_priors
from fmac_ros.robots import load_robot, simulated_robots
from fmac_ros.sim.local_robot import LocalRobot
from fmac_ros.sim.world import World
from fmac_ros.start import open_run
from fmac_ros.tasks.needs import needs_of
from fmac_ros.types import Observation, RolloutSpec

BOWL = "put the red block into the bowl"
STILL = np.zeros(3)


def _seen(robot, opening=1.0, stamp=0.0):
    fingers = finger_positions(robot, opening)
    return Observation(
        stamp, (), (), robot.home, np.zeros(robot.size), fingers, np.zeros(len(fingers))
    )


@pytest.mark.parametrize("name", simulated_robots())
def test_openings_and_finger_positions_are_inverse(name):
    robot = load_robot(name)
    for opening in (0.0, 0.3, 1.0):
        assert opening_of(robot, finger_positions(robot, opening)) == pytest.approx(opening)
    np.testing.assert_array_equal(finger_positions(robot, 7.0), robot.gripper_open)
    assert stroke_time(robot) == pytest.approx(0.2)


def test_small_actions_leave_the_gripper_as_it_was():
    assert wanted_opening(1.0, CLOSED) == OPEN
    assert wanted_opening(-0.5, OPEN) == CLOSED
    assert wanted_opening(0.3, CLOSED) == CLOSED
    assert wanted_opening(-0.3, OPEN) == OPEN


def test_the_gripper_keeps_its_command_until_another_comes():
    robot = load_robot("panda")
    controller = ArmController(robot, "ee_delta_gripper")
    controller.reset(_seen(robot, 0.6))
    asked = [0.1, -0.9, 0.2, -0.1, 1.0, 0.0]
    openings = []
    for step, action in enumerate(asked):
        seen = _seen(robot, 0.6, stamp=step * 0.1)
        command = controller.command(seen, np.array([0, 0, 0, action]), seen.stamp)
        assert not command.held
        assert command.action[3] == pytest.approx(action)
        openings.append(command.opening)
    np.testing.assert_allclose(openings, [0.6, 0, 0, 0, 1, 1])


@pytest.mark.parametrize(
    "action, fingers, reason",
    [
        ([0, 0, 0, np.nan], None, gates.BAD_ACTION),
        ([0, 0, 0], None, gates.BAD_ACTION),
        ([0, 0, 0, -1.0], np.array([0.04, np.nan]), gates.NO_FINGERS),
        ([0, 0, 0, -1.0], np.zeros(0), gates.NO_FINGERS),
    ],
)
def test_the_gate_holds_the_gripper_with_the_arm(action, fingers, reason):
    robot = load_robot("ur5e")
    controller = ArmController(robot, "ee_delta_gripper")
    seen = _seen(robot)
    controller.reset(seen)
    if fingers is not None:
        seen = dataclasses.replace(seen, finger_positions=fingers)
    command = controller.command(seen, np.array(action), 0.0)
    assert (command.held, command.reason) == (True, reason)
    assert command.opening == 1.0 and command.action[3] == 0.0


def test_other_action_spaces_do_not_know_the_gripper():
    robot = load_robot("panda")
    blind = dataclasses.replace(_seen(robot), finger_positions=np.zeros(0))
    controller = ArmController(robot)
    controller.reset(blind)
    assert controller.command(blind, STILL, 0.0).opening is None
    assert controller.proprio(blind).shape == (6,)
    with pytest.raises(ValueError, match="finger positions are missing"):
        ArmController(robot, "ee_delta_gripper").reset(blind)


def test_a_policy_feels_the_opening():
    robot = load_robot("panda")
    controller = ArmController(robot, "ee_delta_gripper")
    assert controller.proprio(_seen(robot, 0.25))[6] == pytest.approx(0.25)


def test_a_task_says_what_it_needs_and_the_user_has_the_last_word(tmp_path):
    assert needs_of("press the red button", {"horizon": 40}) == {}
    assert needs_of("make coffee", {"horizon": 40}) == {}
    needs = {"action_space": "ee_delta_gripper", "kl_weight": "informed"}
    assert needs_of(BOWL, {"horizon": 80}) == needs
    _, settings = open_run({"task": BOWL}, tmp_path / "a", resume=False)
    assert (settings["action_space"], settings["horizon"]) == ("ee_delta_gripper", 60)
    given = {"task": BOWL, "action_space": "ee_delta", "horizon": 30, "kl_weight": "plain"}
    _, settings = open_run(given, tmp_path / "b", resume=False)
    assert {name: settings[name] for name in given} == given
    spaces = {
        spec.name: spec.parameters.get("action_space")
        for spec in describe("train_sim", {"task": BOWL})
    }
    for node in ("pybullet_sim", "policy_node", "trainer_node"):
        assert spaces[node] == "ee_delta_gripper"


def test_random_play_moves_the_gripper_in_this_process(tmp_path):
    priors = load_priors(str(write_untrained(tmp_path)))
    world = World(load_robot("ur5e"), BOWL, image_size=128)
    try:
        controller = ArmController(world.robot, "ee_delta_gripper")
        robot = LocalRobot(world, controller, LocalPriors(priors))
        spec = RolloutSpec("0", BOWL, "random", 30, seed=1, stop_on_success=False)
        episode = robot.rollout(spec)
    finally:
        world.close()
    assert episode.actions.shape == (30, 4) and episode.proprio.shape == (31, 7)
    opening = episode.proprio[:, 6]
    assert opening[0] > 0.95 and opening.min() < 0.05
    assert (np.diff(opening) > 0.3).any(), "it opens again"
