"""Renders action-free videos of Meta-World's tasks, in the shards of ``sim.videos``."""

from __future__ import annotations

import numpy as np

from fmac_ros.metaworld.demonstrator import KINDS, MAX_FRAMES, SLOWEST, Demonstrator
from fmac_ros.metaworld.tasks import ARM, SENTENCES
from fmac_ros.metaworld.world import MetaWorld
from fmac_ros.picture import tile
from fmac_ros.sim.videos import PICTURE_SIZE, VideoInfo

KIND_WEIGHTS = (0.28, 0.32, 0.30, 0.10)
CAMERA_JITTER = 0.012  # [m]
LIGHT_JITTER = 0.15
RANDOM_START = 0.35  # share of the videos that start after some play that is not shown
START_FRAMES = (5, 20)


class MetaWorldVideoRenderer:
    """Renders videos of the eight tasks; a new one renders the same videos from the same seeds.

    Raises:
        ValueError: the arm is not Meta-World's.
    """

    def __init__(self, arm: str = ARM) -> None:
        if arm != ARM:
            raise ValueError(f"arm is {arm!r}, valid in Meta-World: {ARM}")
        self._worlds: dict[str, MetaWorld] = {}

    def video(self, task: str, seed: int) -> tuple[VideoInfo, np.ndarray, np.ndarray]:
        """Render one video: what it is, its pictures (n, h, w, 3), solved (n,) bool."""
        rng = np.random.default_rng([seed, 7])
        world = self._world(task)
        kind = str(rng.choice(KINDS, p=KIND_WEIGHTS))
        sentence = str(rng.choice(SENTENCES[task]))
        world.cameras.shake(rng, CAMERA_JITTER, LIGHT_JITTER)
        person = self._set_up(world, rng)
        pictures, solved = [picture_of(world)], [world.ground_truth()]
        for _ in person.show(kind):
            pictures.append(picture_of(world))
            solved.append(world.ground_truth())
            if len(pictures) == MAX_FRAMES:
                break
        info = VideoInfo(sentence, ARM, task, kind, seed, ())
        return info, np.stack(pictures), np.array(solved)

    def _set_up(self, world: MetaWorld, rng: np.random.Generator) -> Demonstrator:
        """A fresh layout, and who stands before it, knowing how long an expert takes there."""
        layout, speed = int(rng.integers(2**31)), float(rng.uniform(SLOWEST, 1.0))
        world.reset(layout)
        need = sum(1 for _ in Demonstrator(world, rng, speed, 0).solve())
        world.reset(layout)
        person = Demonstrator(world, rng, speed, need)
        if rng.random() < RANDOM_START:
            for _ in person.play(int(rng.integers(*START_FRAMES))):
                pass
        if world.ground_truth():  # play closed the drawer: there is nothing left to show
            world.reset(layout)
        return person

    def _world(self, task: str) -> MetaWorld:
        if task not in self._worlds:
            self._worlds[task] = MetaWorld(SENTENCES[task][0], PICTURE_SIZE)
        return self._worlds[task]

    def close(self) -> None:
        """End all simulations."""
        for world in self._worlds.values():
            world.close()


def picture_of(world: MetaWorld) -> np.ndarray:
    """All cameras side by side, (h, w, 3) uint8."""
    return tile([world.render(name) for name in world.camera_names])
