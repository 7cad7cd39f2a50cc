"""How often an arm that follows the imagined video solves the task.

The inverse dynamics model is a good one: it learns on more random play than a run of
Algorithm 1 has, until the video prior is what limits. No policy is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fmac_ros.control.controller import ArmController
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.record import Record
from fmac_ros.priors.local import LocalPriors
from fmac_ros.robots import load_robot
from fmac_ros.sim.local_robot import LocalRobot, evaluate
from fmac_ros.sim.world import World
from fmac_ros.tasks.needs import needs_of
from fmac_ros.types import PriorLabels, RolloutSpec

HORIZON = 40
PLAY_HORIZON = 20
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Following:
    """Effort of one measurement.

    Attributes:
        play_steps: random play that the inverse dynamics model learns from.
        updates: of the inverse dynamics model.
        episodes: held-out layouts to follow the video on.
    """

    play_steps: int = 4000
    updates: int = 4000
    episodes: int = 20


def follow(
    arm: str, sentence: str, priors: LocalPriors, effort: Following, seed: int, tell: Tell
) -> tuple[int, int]:
    """Solved of how many held-out layouts."""
    world = World(load_robot(arm), sentence)
    try:
        needs = needs_of(sentence, {"horizon": HORIZON})
        controller = ArmController(world.robot, needs.get("action_space", "ee_delta"))
        robot = LocalRobot(world, controller, priors)
        tell(f"{arm}, {sentence!r}: random play for the inverse dynamics model")
        learner = _learner(robot, priors, sentence, effort, seed)
        robot.on_parameters(learner.updates, learner.parameters())
        tell(f"{arm}, {sentence!r}: following the imagined video")
        horizon = needs.get("horizon", HORIZON)
        spec = RolloutSpec("eval", sentence, "prior", horizon, seed, deterministic=True)
        solved = evaluate(robot, spec, effort.episodes)
    finally:
        world.close()
    return sum(solved), len(solved)


def _learner(
    robot: LocalRobot, priors: LocalPriors, sentence: str, effort: Following, seed: int
) -> Learner:
    learner, steps = None, 0
    while steps < effort.play_steps:
        spec = RolloutSpec(
            f"play-{steps}",
            sentence,
            "random",
            PLAY_HORIZON,
            seed + steps,
            stop_on_success=False,
        )
        episode = robot.rollout(spec)
        latents = priors.priors.encoder.encode(episode.pictures)
        if learner is None:
            sizes = episode.proprio.shape[1], episode.actions.shape[1]
            learner = Learner(LearnerConfig(), priors.priors.encoder.latent_shape, *sizes, seed)
        learner.add(Record(episode, _no_labels(latents), latents))
        steps += episode.steps
    assert learner is not None
    learner.update_inverse_dynamics(effort.updates)
    return learner


def _no_labels(latents: np.ndarray) -> PriorLabels:
    """Eq. 1 reads no prior's answer."""
    nothing = np.zeros(len(latents), np.float32)
    return PriorLabels(nothing, nothing, nothing, np.zeros_like(latents[1:]))
