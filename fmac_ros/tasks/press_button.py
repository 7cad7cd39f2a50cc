"""Press the button of the named colour; another button and a block distract."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pybullet

from fmac_ros.sim.objects import COLOURS, Button, block, button
from fmac_ros.tasks.base import Goal, Layout, beside, draw_colours, progress_by_distance, scatter


class ButtonLayout:
    """Two buttons and a block on the table."""

    def __init__(self, client: int, goal: Goal, rng: np.random.Generator) -> None:
        self._client = client
        self.names = draw_colours(rng, goal.target, tuple(COLOURS), 1)
        points = scatter(rng, 3, distance=0.13)
        self._buttons = {
            name: button(client, xy, COLOURS[name])
            for name, xy in zip(self.names, points, strict=False)
        }
        block_colour = str(rng.choice([c for c in COLOURS if c not in self.names]))
        self._block = block(client, points[2], COLOURS[block_colour])

    def solved(self, name: str, tool: np.ndarray) -> bool:
        """The named button's contact is closed."""
        return self._buttons[name].pressed

    def waypoints(self, name: str, rng: np.random.Generator) -> list[np.ndarray]:
        """Above the cap, then down through its travel."""
        top = self._buttons[name].top
        top[:2] += rng.uniform(-0.01, 0.01, 2)
        above = top + [0, 0, rng.uniform(0.05, 0.09)]
        return [above, top - [0, 0, Button.TRAVEL + 0.005]]

    def progress(self, name: str, tool: np.ndarray) -> float:
        """For oracles: 1 when pressed, less by 2 for each metre of the way, at least 0."""
        button = self._buttons[name]
        if button.pressed:
            return 1.0
        pressed = button.top - [0, 0, Button.PRESSED]
        return min(0.99, progress_by_distance(np.linalg.norm(tool - pressed)))

    def missed(
        self,
        name: str,
        waypoints: Iterable[np.ndarray],
        distance: tuple[float, float],
        rng: np.random.Generator,
    ) -> list[np.ndarray]:
        """The same motion beside the right place, or above it."""
        return beside(waypoints, distance, rng)

    def remove(self) -> None:
        """Take buttons and block away."""
        for body in (*(b.body for b in self._buttons.values()), self._block):
            pybullet.removeBody(body, physicsClientId=self._client)


class PressButton:
    """``press the red button``."""

    name = "press_button"
    templates: tuple[str, ...] = (
        "press the {} button",
        "push the {} button down",
        "hit the {} button",
    )
    targets = tuple(COLOURS)
    gripper = False
    horizon = 40

    def build(self, client: int, goal: Goal, rng: np.random.Generator) -> Layout:
        """Draw two buttons, one of the goal's colour, and a block."""
        return ButtonLayout(client, goal, rng)
