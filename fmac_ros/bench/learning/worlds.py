"""The simulated worlds of the bench: their tasks, arms, time limits, and how a cell is set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from fmac_ros.metaworld import tasks as metaworld
from fmac_ros.priors.oracle.truth import TruthLedger
from fmac_ros.sim.local_cell import LocalCell
from fmac_ros.tasks import TASKS, find_goal, wordings
from fmac_ros.tasks.needs import GRIPPER_SPACE, needs_of


class BenchWorld(Protocol):
    """One world.

    Attributes:
        frames_per_step: frames of the simulator, as published numbers count them, in a step.
        changes_task: whether its task may be another one in the next episode, as several tasks
            in one policy need.
    """

    frames_per_step: int
    changes_task: bool

    def check(self) -> None:
        """Raise ValueError where it is not installed."""
        ...

    def arms(self, chosen: Sequence[str]) -> Sequence[str]:
        """The arms of it that a choice of arms stands for."""
        ...

    def sentence_of(self, task: str) -> str:
        """The sentence that stands for a task: a sentence itself, or one of the task of that name.

        Raises:
            ValueError: neither; names the closest ones.
        """
        ...

    def needs_of(self, sentence: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings that a task setting needs, where these do not suit it.

        Raises:
            ValueError: two of its sentences need different ones.
        """
        ...

    def open(
        self, sentence: str, arm: str, space: str, size: int, ledger: TruthLedger | None
    ) -> LocalCell:
        """Set a cell up.

        Args:
            space: the action space of the settings.
            size: height of the pictures [pixels].

        Raises:
            ValueError: the world has no such action space, or is not installed.
        """
        ...


class PyBulletWorld:
    """This project's own simulated cell."""

    frames_per_step = 1
    changes_task = True

    def check(self) -> None:
        """It is always there."""

    def arms(self, chosen: Sequence[str]) -> Sequence[str]:
        """Those that were chosen."""
        return chosen

    def sentence_of(self, task: str) -> str:
        """As of ``BenchWorld``."""
        if task not in TASKS:
            return find_goal(task).sentence
        target = next((target for target in TASKS[task].targets if target), "")
        return wordings(TASKS[task], target)[0]

    def needs_of(self, sentence: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The gripper, and the time limit of a long task."""
        return needs_of(sentence, settings)

    def open(
        self, sentence: str, arm: str, space: str, size: int, ledger: TruthLedger | None
    ) -> LocalCell:
        """As of ``BenchWorld``."""
        from fmac_ros.control.controller import ArmController
        from fmac_ros.robots import load_robot
        from fmac_ros.sim.world import World

        robot = load_robot(arm)
        return LocalCell(World(robot, sentence), ArmController(robot, space), size, ledger)


class MetaWorldWorld:
    """Meta-World's eight tasks of the follow-up, with its one arm."""

    frames_per_step = metaworld.FRAMES_PER_STEP
    changes_task = False  # its objects are the model that MuJoCo loaded

    def check(self) -> None:
        """Raise ValueError where it is not installed."""
        from fmac_ros.metaworld.loading import require

        require()

    def arms(self, chosen: Sequence[str]) -> Sequence[str]:
        """The only one, whatever was chosen."""
        return (metaworld.ARM,)

    def sentence_of(self, task: str) -> str:
        """As of ``BenchWorld``."""
        return metaworld.sentence_of(task)

    def needs_of(self, sentence: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The hand has one action space, with the gripper; the time limit is the tasks' own."""
        return {"action_space": GRIPPER_SPACE, "horizon": metaworld.HORIZON}

    def open(
        self, sentence: str, arm: str, space: str, size: int, ledger: TruthLedger | None
    ) -> LocalCell:
        """As of ``BenchWorld``."""
        if space != GRIPPER_SPACE:
            raise ValueError(f"action_space is {space!r}, valid in metaworld: {GRIPPER_SPACE}")
        from fmac_ros.metaworld.controller import HandController
        from fmac_ros.metaworld.world import MetaWorld

        world = MetaWorld(sentence)
        return LocalCell(world, HandController(world), size, ledger)


WORLDS: dict[str, BenchWorld] = {"pybullet": PyBulletWorld(), "metaworld": MetaWorldWorld()}
