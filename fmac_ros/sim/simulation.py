"""What an episode needs of a simulated world and of what commands it."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from fmac_ros.control.controller import Command
from fmac_ros.rollout import Controller
from fmac_ros.tasks.base import Goal


class Simulation(Protocol):
    """A world with one task in it: ``sim.world.World``, ``metaworld.world.MetaWorld``."""

    goal: Goal
    image_size: int  # height and width of the images [pixels]

    @property
    def time(self) -> float:
        """Simulated time [s]; a reset does not turn it back."""
        ...

    @property
    def camera_names(self) -> tuple[str, ...]:
        """Names of the cameras, in the order in which the priors see them."""
        ...

    def ask(self, sentence: str) -> None:
        """Have the next reset set up what ``sentence`` asks for.

        Raises:
            ValueError: the world does not know it, or cannot change its task for it.
        """
        ...

    def reset(self, seed: int, split: str = "train") -> None:
        """Set up the layout that ``seed`` draws in ``split``; no two splits share one."""
        ...

    def obey(self, command: Command) -> None:
        """Do what the gate let pass, for one step."""
        ...

    def joint_state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions, velocities and efforts, (n,) each, of what an action moves."""
        ...

    def finger_state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions [m], velocities [m/s] and efforts [N] of the fingers, (f,) each."""
        ...

    def render(self, name: str) -> np.ndarray:
        """The image of a camera now, (h, w, 3) uint8 RGB."""
        ...

    def ground_truth(self) -> bool:
        """Whether the task is solved now. For evaluation only."""
        ...

    def progress(self) -> float | None:
        """How far the task is, 0 to 1 (solved), where the world tells. For oracles only."""
        ...

    def close(self) -> None:
        """End the simulation."""
        ...


class ActionSizes(Protocol):
    """What a learner must know of an action space."""

    @property
    def size(self) -> int:
        """Components of an action."""
        ...

    @property
    def gripper(self) -> bool:
        """Whether the last component is the gripper's."""
        ...

    @property
    def switch(self) -> bool:
        """Whether it opens the gripper, closes it or leaves it, and nothing in between."""
        ...


class CellController(Controller, Protocol):
    """What commands a world: ``ArmController``, ``metaworld.controller.HandController``."""

    @property
    def space(self) -> ActionSizes:
        """Its action space."""
        ...
