"""Environment steps per second of the graph in lock-step, beside one process without ROS.

Both run the same episodes: reset, policy on every picture, gate, simulation, success prior asked at
every step. A prior that says success is ignored in neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fmac_ros.bench.speed.turns import Row, in_turn, ratio
from fmac_ros.control.controller import ArmController
from fmac_ros.learning.algorithms import learner_config, make_learner
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.registry import load_priors
from fmac_ros.robots import load_robot
from fmac_ros.sim.local_robot import LocalRobot
from fmac_ros.sim.world import World
from fmac_ros.types import Episode, RolloutSpec

TASK, ROBOT = "press the red button", "panda"
HORIZON = 40
TARGET = 0.8
Runner = Callable[[RolloutSpec], Episode]


class LocalLoop:
    """The loop in this process. A context manager.

    Attributes:
        parameters: of an untrained policy, for both loops.
    """

    def __enter__(self) -> LocalLoop:
        robot = load_robot(ROBOT)
        priors = LocalPriors(load_priors())
        self._world = World(robot, TASK)
        controller = ArmController(robot)
        self._robot = LocalRobot(self._world, controller, priors)
        shape = priors.priors.encoder.latent_shape
        sizes = shape, 6, controller.space.size
        self.parameters = make_learner("fmac", learner_config("fmac", {}), *sizes, 0).parameters()
        self._robot.on_parameters(0, self.parameters)
        return self

    def __exit__(self, *_: object) -> None:
        self._world.close()

    def rollout(self, spec: RolloutSpec) -> Episode:
        """Run one episode."""
        return self._robot.rollout(spec)


def compare_loops(graph: Runner, local: Runner, repeats: int, tell: Callable[[str], None]) -> Row:
    """Run episodes on both in turn."""
    tell(f"{repeats} episodes of {HORIZON} steps in turn: graph, one process")
    spec = RolloutSpec("", TASK, "policy", HORIZON, seed=0)

    def runner(run: Runner) -> Callable[[], int]:
        numbers = iter(range(repeats + 1))

        def work() -> int:
            number = next(numbers)
            return run(replace(spec, episode_id=f"speed-{number}", seed=number)).steps

        return work

    rates = in_turn({"graph": runner(graph), "local": runner(local)}, repeats)
    return {
        "what": "graph in lock-step, steps",
        "beside": "one process without ROS",
        "per_s": float(np.median(rates["graph"])),
        "beside_per_s": float(np.median(rates["local"])),
        "target": TARGET,
        **ratio(rates["graph"], rates["local"]),
    }
