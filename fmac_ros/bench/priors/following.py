"""How often an arm that follows the imagined video solves the task.

The inverse dynamics model is a good one: it learns on more random play than a run of Algorithm 1
has, and then, as it does there, on what came of following, because play knows little of the
states that following leads to. No policy is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

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
        updates: of the inverse dynamics model after the play.
        rounds: times that it then follows the video on training layouts and learns from that.
        practice: episodes of a round.
        round_updates: of the inverse dynamics model after each round.
        episodes: held-out layouts to follow the video on.
    """

    play_steps: int = 4000
    updates: int = 4000
    rounds: int = 4
    practice: int = 12
    round_updates: int = 1000
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
        horizon = needs.get("horizon", HORIZON)
        spec = RolloutSpec("eval", sentence, "prior", horizon, seed, deterministic=True)
        tell(f"{arm}, {sentence!r}: random play for the inverse dynamics model")
        learner = _play(robot, priors, sentence, effort, seed)
        for done in range(effort.rounds):
            tell(f"{arm}, {sentence!r}: practice, round {done + 1} of {effort.rounds}")
            _practise(robot, priors, learner, spec, effort, done)
        tell(f"{arm}, {sentence!r}: following the imagined video")
        robot.on_parameters(learner.updates, learner.parameters())
        solved = evaluate(robot, spec, effort.episodes)
    finally:
        world.close()
    return sum(solved), len(solved)


def _play(
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
        record = _record(robot, priors, spec)
        if learner is None:
            sizes = record.episode.proprio.shape[1], record.episode.actions.shape[1]
            learner = Learner(LearnerConfig(), priors.priors.encoder.latent_shape, *sizes, seed)
        learner.add(record)
        steps += record.episode.steps
    assert learner is not None
    learner.update_inverse_dynamics(effort.updates)
    return learner


def _practise(
    robot: LocalRobot,
    priors: LocalPriors,
    learner: Learner,
    spec: RolloutSpec,
    effort: Following,
    done: int,
) -> None:
    """One round: follow the video on training layouts, not always the same way, and learn."""
    robot.on_parameters(learner.updates, learner.parameters())
    first = spec.seed + effort.play_steps + done * effort.practice
    for seed in range(first, first + effort.practice):
        own = replace(
            spec,
            episode_id=f"practice-{seed}",
            seed=seed,
            deterministic=False,
            stop_on_success=False,
        )
        learner.add(_record(robot, priors, own))
    learner.update_inverse_dynamics(effort.round_updates)


def _record(robot: LocalRobot, priors: LocalPriors, spec: RolloutSpec) -> Record:
    """An episode for Eq. 1, which reads no prior's answer."""
    episode = robot.rollout(spec)
    latents = priors.priors.encoder.encode(episode.pictures)
    nothing = np.zeros(len(latents), np.float32)
    labels = PriorLabels(nothing, nothing, nothing, np.zeros_like(latents[1:]))
    return Record(episode, labels, latents)
