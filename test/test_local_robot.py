"""The robot in this process: one world, a task for each episode."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from untrained_priors import write_untrained

from fmac_ros.control.controller import ArmController
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.phrasing import sentences_of
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.registry import load_priors
from fmac_ros.robots import load_robot
from fmac_ros.sim.local_robot import LocalRobot
from fmac_ros.sim.world import World
from fmac_ros.types import RolloutSpec

TASK = "press the red button; reach the blue ball"


@pytest.mark.parametrize(
    ("sentence", "kind"), [("hit the red button", "press_button"), ("touch the blue ball", "reach")]
)
def test_an_episode_asks_for_what_it_says_and_new_wordings_are_understood(
    sentence: str, kind: str, tmp_path: Path
) -> None:
    priors = load_priors(str(write_untrained(tmp_path)))
    world = World(load_robot("panda"), TASK)
    assert world.goal.sentence == "press the red button", "the first one's scene stands at first"
    try:
        robot = LocalRobot(world, ArmController(world.robot), LocalPriors(priors))
        sizes = priors.encoder.latent_shape, 6, 3
        sentences = sentences_of(TASK, priors.text.encode)
        learner = Learner(LearnerConfig(), *sizes, seed=0, sentences=sentences)
        robot.on_parameters(0, learner.parameters())
        spec = RolloutSpec("0", sentence, "policy", 3, seed=1, stop_on_success=False)
        episode = robot.rollout(spec)
        assert (world.goal.task, episode.task) == (kind, sentence)
        assert np.isfinite(episode.actions).all() and "0" in robot.truth
    finally:
        world.close()
