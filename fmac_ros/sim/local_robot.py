"""The robot of Algorithm 1 in this process: simulator, gate and policy without ROS.

Runs the same rollout state machine, controller and priors as the graph does. For
experiments with the method, and as the yardstick that the graph is measured against.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from fmac_ros.chooser import Chooser
from fmac_ros.learning.actor import Actor
from fmac_ros.learning.progress import Subscriber
from fmac_ros.picture import tile
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.oracle.truth import TruthLedger
from fmac_ros.rollout import Rollout, Step
from fmac_ros.sim.local_cell import LocalCell
from fmac_ros.sim.simulation import CellController, Simulation
from fmac_ros.types import Episode, Observation, RolloutSpec


class LocalRobot(Subscriber):
    """Rolls out episodes in a world; subscribe it to a run to act with its newest policy.

    Args:
        labelled: the priors, for the behaviour ``prior`` and to end episodes; pictures are
            taken at their size.
        success_frames: successes in a row that end an episode.
        ledger: where an oracle among the priors looks the truth up; None without one.

    Attributes:
        truth: ground truth by episode id, whether the task was solved at any step. For
            evaluation only: nothing but an oracle's ledger is told.
    """

    def __init__(
        self,
        world: Simulation,
        controller: CellController,
        labelled: LocalPriors,
        success_frames: int = 2,
        ledger: TruthLedger | None = None,
    ) -> None:
        self.truth: dict[str, bool] = {}
        self._world = world
        self._controller = controller
        self._cell = LocalCell(world, controller, labelled.priors.picture_size[0], ledger)
        self._priors = labelled
        self._success_frames = success_frames
        self._actor: Actor | None = None

    def on_parameters(self, version: int, data: bytes) -> None:
        """Act with these parameters from the next step on."""
        self._actor = Actor.from_bytes(data)

    def rollout(self, spec: RolloutSpec, until_solved: bool = False) -> Episode:
        """Run one episode from a fresh layout of what ``spec`` asks for.

        Args:
            until_solved: for evaluation, end it once the ground truth says that it is solved.
        """
        self._world.ask(spec.task)
        self._world.reset(spec.seed, spec.split)
        rollout = Rollout(spec, self._controller, self._world.time, self._success_frames)
        space = self._controller.space
        chooser = Chooser(
            spec, lambda: self._actor, space.size, embed=self._embed, switch=space.switch
        )
        steps, solved = [], False
        observation = self._cell.observe()
        rollout.observe(observation)
        while not (rollout.ended or (until_solved and solved)):
            self._act(rollout, chooser, observation)
            observation = self._cell.observe()
            self._judge(rollout, observation)
            step = rollout.observe(observation)
            assert step is not None
            steps.append(step)
            solved = solved or self._world.ground_truth()
        self.truth[spec.episode_id] = solved
        return self._episode(spec, rollout, steps)

    def _embed(self, sentence: str) -> np.ndarray:
        return self._priors.priors.text.encode(sentence)

    def _act(self, rollout: Rollout, chooser: Chooser, observation: Observation) -> None:
        picture = tile(observation.images)[None]
        latent = imagined = np.zeros(0, np.float32)
        if chooser.needs_latent:
            latent = self._priors.priors.encoder.encode(picture)[0]
        if chooser.needs_imagined:
            name = f"{rollout.spec.episode_id}/{rollout.steps}"
            imagined = self._priors.imagine(picture, rollout.spec.task, name)[0]
        action = chooser.choose(
            latent, rollout.proprio, imagined if chooser.needs_imagined else None
        )
        command = rollout.act(action, chooser.version, self._world.time)
        self._cell.obey(command)

    def _judge(self, rollout: Rollout, observation: Observation) -> None:
        if not rollout.spec.stop_on_success:
            return
        rollout.judge(*self._priors.judge(tile(observation.images), rollout.spec.task))

    def _episode(self, spec: RolloutSpec, rollout: Rollout, steps: list[Step]) -> Episode:
        states = [step.observation for step in steps] + [steps[-1].next_observation]
        proprio = [step.proprio for step in steps] + [steps[-1].next_proprio]
        return Episode(
            id=spec.episode_id,
            task=spec.task,
            pictures=np.stack([tile(state.images) for state in states]),
            proprio=np.stack(proprio),
            actions=np.stack([step.action for step in steps]),
            terminated=rollout.terminated,
            truncated=rollout.truncated,
            behaviour=spec.behaviour,
            policy_version=rollout.policy_version,
            holds=rollout.holds,
        )


def evaluate(robot: LocalRobot, spec: RolloutSpec, episodes: int) -> list[bool]:
    """Ground truth of each of ``episodes`` held-out layouts, acting as ``spec`` says."""
    return [evaluate_layout(robot, spec, index) for index in range(episodes)]


def evaluate_layout(robot: LocalRobot, spec: RolloutSpec, index: int) -> bool:
    """Whether the held-out layout ``index`` was solved in any state of its episode."""
    own = dataclasses.replace(spec, episode_id=f"eval-{index}", seed=index, split="eval")
    robot.rollout(own, until_solved=True)
    return robot.truth.pop(own.episode_id)
