"""Two worlds so easy that an algorithm which cannot learn them is broken."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from learning_world import LATENT_SHAPE, STEP, PointEncoder, draw, near


class PointGym(gymnasium.Env):
    """A point must find a mark; the only reward is 1 at the mark, which ends the episode."""

    HORIZON = 8

    def __init__(self) -> None:
        endless = {"low": -np.inf, "high": np.inf, "dtype": np.float32}
        self.observation_space = spaces.Dict(
            {
                "latent": spaces.Box(shape=LATENT_SHAPE, **endless),
                "proprio": spaces.Box(shape=(2,), **endless),
            }
        )
        self.action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        super().reset(seed=seed)
        self._mark = self.np_random.uniform(0.2, 0.5, 2) * self.np_random.choice([-1, 1], 2)
        self._point, self._steps = np.zeros(2), 0
        return self._shown(), {}

    def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict]:
        self._point = np.clip(self._point + STEP * np.clip(action, -1, 1), -1, 1)
        self._steps += 1
        solved = near(self._point, self._mark)
        return self._shown(), float(solved), solved, self._steps >= self.HORIZON, {}

    def _shown(self) -> dict[str, np.ndarray]:
        latent = PointEncoder().encode(draw(self._point, self._mark)[None])[0]
        return {"latent": latent.astype(np.float32), "proprio": self._point.astype(np.float32)}


class Lamp(gymnasium.Env):
    """The left or right half of a picture is lit; an action to that side ends it at once."""

    SIZE = 24

    def __init__(self) -> None:
        self.observation_space = spaces.Box(0, 255, (3, self.SIZE, self.SIZE), np.uint8)
        self.action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)
        self.solved = False

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        super().reset(seed=seed if options is None else options["layout"])
        self._side, self._steps, self.solved = self.np_random.choice([-1, 1]), 0, False
        return self._shown(), {}

    def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict]:
        self._steps += 1
        self.solved = bool(action[0] * self._side > 0.5)
        return self._shown(), float(self.solved), self.solved, self._steps >= 2, {}

    def _shown(self) -> np.ndarray:
        picture = np.zeros((3, self.SIZE, self.SIZE), np.uint8)
        half = self.SIZE // 2
        picture[:, :, :half] = 200 * (self._side < 0)
        picture[:, :, half:] = 200 * (self._side > 0)
        return picture
