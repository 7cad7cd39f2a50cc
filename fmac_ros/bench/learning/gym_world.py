"""The simulated arm as a ``gymnasium.Env``: the same gate, pictures, latents and success signal.

For algorithms of other libraries. What passed the gate is in ``info["action"]``; libraries
learn from the action that they asked for, and cannot be told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import gymnasium
import numpy as np
from gymnasium import spaces

from fmac_ros.picture import shrink, tile
from fmac_ros.rollout import Rollout
from fmac_ros.sim.local_cell import LocalCell
from fmac_ros.types import Observation, RolloutSpec

Verdict = Callable[[np.ndarray], bool]  # whether an (h, w, 3) picture shows success


class Sight(Protocol):
    """What an algorithm is shown of a state."""

    @property
    def space(self) -> spaces.Space:
        """Where what is shown lies."""
        ...

    def show(self, observation: Observation, proprio: np.ndarray) -> Any:
        """An element of ``space``."""
        ...


class LatentSight:
    """The latent of the cameras and the proprio: what ``fmac`` and ``fac`` see."""

    def __init__(self, encoder: Any, proprio_size: int) -> None:
        self._encoder = encoder
        shape = encoder.latent_shape
        self.space: spaces.Space = spaces.Dict(
            {
                "latent": spaces.Box(-np.inf, np.inf, shape, np.float32),
                "proprio": spaces.Box(-np.inf, np.inf, (proprio_size,), np.float32),
            }
        )

    def show(self, observation: Observation, proprio: np.ndarray) -> dict[str, np.ndarray]:
        """(c, h, w) float32 and (p,) float32."""
        latent = self._encoder.encode(tile(observation.images)[None])[0]
        return {"latent": latent.astype(np.float32), "proprio": proprio}


class PixelSight:
    """The cameras stacked as channels, (3 cameras, h, w) uint8.

    Args:
        size: height and width of each [pixels]; larger ones are shrunk.
    """

    def __init__(self, cameras: int, size: int) -> None:
        self._size = (size, size)
        self.space: spaces.Space = spaces.Box(0, 255, (3 * cameras, size, size), np.uint8)

    def show(self, observation: Observation, proprio: np.ndarray) -> np.ndarray:
        """(3 cameras, h, w) uint8."""
        images = shrink(np.stack(observation.images), self._size)  # (cameras, h, w, 3)
        return np.concatenate(images.transpose(0, 3, 1, 2))


class GymWorld(gymnasium.Env):
    """Episodes of one task; the reward is 1 where success ends an episode, else 0.

    Args:
        settings: ``task``, ``horizon`` and ``success_frames`` of the run.
        verdict: the success signal; None never ends an episode early, for evaluation.
        split: which layouts the seeds of ``reset`` draw from.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(
        self,
        cell: LocalCell,
        sight: Sight,
        settings: Mapping[str, Any],
        verdict: Verdict | None,
        split: str = "train",
    ) -> None:
        self.observation_space = sight.space
        self.action_space = spaces.Box(-1.0, 1.0, (cell.controller.space.size,), np.float32)
        self.solved = False  # ground truth of the episode, for evaluation
        self._cell, self._sight, self._settings = cell, sight, settings
        self._verdict, self._split = verdict, split

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """A fresh layout: ``layout`` of the options, else drawn by gymnasium's generator."""
        super().reset(seed=seed)
        layout = (options or {}).get("layout", int(self.np_random.integers(2**32)))
        self._cell.world.reset(layout, self._split)
        spec = RolloutSpec(
            f"gym-{layout}",
            self._settings["task"],
            "policy",
            self._settings["horizon"],
            layout,
            stop_on_success=self._verdict is not None,
            split=self._split,
        )
        frames = self._settings["success_frames"]
        self._rollout = Rollout(spec, self._cell.controller, self._cell.world.time, frames)
        self.solved = False
        return self._observe(), {}

    def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Pass the action through the gate, move on by one control period."""
        rollout, world = self._rollout, self._cell.world
        command = rollout.act(np.asarray(action, np.float32), 0, world.time)
        self._cell.obey(command)
        shown = self._observe()
        self.solved = self.solved or world.ground_truth()
        info = {"action": command.action, "held": command.held}
        return shown, float(rollout.terminated), rollout.terminated, rollout.truncated, info

    def _observe(self) -> Any:
        observation, rollout = self._cell.observe(), self._rollout
        if self._verdict is not None and rollout.seen_until > -np.inf:
            success = self._verdict(tile(observation.images))
            rollout.judge(float(success), success)
        rollout.observe(observation)
        return self._sight.show(observation, rollout.proprio)
