"""Renders the action-free videos that the embedded priors are pretrained on.

A shard is one safetensors file: ``pictures`` (n, h, w, 3) uint8, ``video`` and ``frame``
(n,) int32, ``solved`` (n,) uint8 and ``steps_to_end`` (n,) int32, the frames until the
first solved one (0 from there on, -1 in a video that never solves its sentence). The
annotation is what a person watching would note; actions are not recorded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from safetensors.numpy import save_file

from fmac_ros.picture import tile
from fmac_ros.robots import load_robot
from fmac_ros.sim.arm import LINK_COLOURS, TOOL_COLOURS, Colour
from fmac_ros.sim.cameras import CAMERAS, Light
from fmac_ros.sim.demonstrator import HOLD_FRAMES, KINDS, MAX_FRAMES, demonstrate
from fmac_ros.sim.world import TABLE_COLOUR, World
from fmac_ros.tasks import TASKS, Goal, wordings

KIND_WEIGHTS = (0.30, 0.32, 0.20, 0.09, 0.09)
PICTURE_SIZE = 128
CAMERA_JITTER = 0.012  # [m]
COLOUR_JITTER = 0.05
VIDEOS_PER_SHARD = 100
# A centimetre decides about these, so there is more to learn: each is shown twice as often.
FINE_TASKS = ("reach", "push")
FIRST_SENTENCE = "press the red button"  # any; each video sets its own scene up
RANDOM_START = 0.35  # share of the videos that start anywhere in the workspace


@dataclass(frozen=True)
class VideoInfo:
    """What is known of one video."""

    sentence: str
    arm: str
    task: str
    kind: str
    seed: int
    other_sentences: tuple[str, ...]


class Renderer(Protocol):
    """Renders videos of one arm: ``VideoRenderer``, ``metaworld.videos.MetaWorldVideoRenderer``."""

    def video(self, task: str, seed: int) -> tuple[VideoInfo, np.ndarray, np.ndarray]:
        """Render one video: what it is, its pictures (n, h, w, 3), solved (n,) bool."""
        ...

    def close(self) -> None:
        """End the simulation."""
        ...


class VideoRenderer:
    """Renders videos of one arm; a new one renders the same videos from the same seeds."""

    def __init__(self, arm: str) -> None:
        self._arm = arm
        self._world = World(load_robot(arm), FIRST_SENTENCE, PICTURE_SIZE)

    def video(self, task: str, seed: int) -> tuple[VideoInfo, np.ndarray, np.ndarray]:
        """Render one video: what it is, its pictures (n, h, w, 3), solved (n,) bool."""
        rng = np.random.default_rng([seed, 7])
        goal = draw_goal(task, rng)
        kind = str(rng.choice(KINDS, p=KIND_WEIGHTS))
        self._set_up(goal, rng)
        pictures, solved = [self._picture()], [self._world.ground_truth()]
        for _ in demonstrate(self._world, kind, rng):
            pictures.append(self._picture())
            solved.append(self._world.ground_truth())
            if len(pictures) == max(MAX_FRAMES, TASKS[task].horizon + HOLD_FRAMES[1]):
                break
        info = VideoInfo(goal.sentence, self._arm, task, kind, seed, self._others(goal))
        return info, np.stack(pictures), np.array(solved)

    def _set_up(self, goal: Goal, rng: np.random.Generator) -> None:
        world = self._world
        world.goal = goal
        world.reset(int(rng.integers(2**31)))
        world.cameras = tuple(camera.jittered(rng, CAMERA_JITTER) for camera in CAMERAS)
        world.light = Light(ambient=rng.uniform(0.58, 0.72), diffuse=rng.uniform(0.38, 0.52))
        world.paint(
            table=_jitter(TABLE_COLOUR, rng),
            links=(_jitter(LINK_COLOURS[0], rng), _jitter(LINK_COLOURS[1], rng)),
            tool={part: _jitter(colour, rng) for part, colour in TOOL_COLOURS.items()},
        )
        if rng.random() < RANDOM_START:
            tip = rng.uniform(world.robot.workspace_lower, world.robot.workspace_upper)
            tip[2] = max(tip[2], 0.12)
            orientation = world.arm.tip_orientation()
            joints = world.arm.inverse_kinematics(tip, orientation)
            world.arm.place(joints, world.rest_opening)
            world.step(0.05)

    def _picture(self) -> np.ndarray:
        return tile([self._world.render(name) for name in self._world.camera_names])

    def _others(self, goal: Goal) -> tuple[str, ...]:
        """Sentences about the other things in the scene."""
        assert self._world.layout is not None
        task = TASKS[goal.task]
        return tuple(wordings(task, name)[0] for name in self._world.layout.names[1:])

    def close(self) -> None:
        """End the physics client."""
        self._world.close()


def draw_goal(task: str, rng: np.random.Generator) -> Goal:
    """One of the task's targets in one of its wordings."""
    target = str(rng.choice(TASKS[task].targets))
    sentences = wordings(TASKS[task], target)
    return Goal(task, target, sentences[int(rng.integers(len(sentences)))])


def _jitter(rgb: Colour, rng: np.random.Generator) -> Colour:
    red, green, blue = np.clip(rgb + rng.uniform(-COLOUR_JITTER, COLOUR_JITTER, 3), 0, 1)
    return red, green, blue


def steps_to_end(solved: np.ndarray) -> np.ndarray:
    """Frames until the first solved one, (n,) int32; -1 everywhere if there is none."""
    if not solved.any():
        return np.full(len(solved), -1, np.int32)
    first = int(np.argmax(solved))
    return np.maximum(first - np.arange(len(solved)), 0).astype(np.int32)


def render_shard(
    path: Path,
    arm: str,
    tasks: tuple[str, ...],
    seeds: range,
    make: Callable[[str], Renderer] = VideoRenderer,
) -> int:
    """Render one video of each task in turn per seed into a shard; returns its frames.

    Args:
        make: the renderer of an arm.
    """
    renderer = make(arm)
    try:
        videos = [renderer.video(tasks[i % len(tasks)], seed) for i, seed in enumerate(seeds)]
    finally:
        renderer.close()
    lengths = [len(solved) for _, _, solved in videos]
    tensors = {
        "pictures": np.concatenate([pictures for _, pictures, _ in videos]),
        "video": np.repeat(np.arange(len(videos), dtype=np.int32), lengths),
        "frame": np.concatenate([np.arange(n, dtype=np.int32) for n in lengths]),
        "solved": np.concatenate([solved for _, _, solved in videos]).astype(np.uint8),
        "steps_to_end": np.concatenate([steps_to_end(solved) for _, _, solved in videos]),
    }
    infos = json.dumps([asdict(info) for info, _, _ in videos])
    partial = path.with_suffix(".part")
    save_file(tensors, partial, metadata={"videos": infos})
    partial.replace(path)
    return int(sum(lengths))


def render_dataset(
    folder: Path,
    arms: tuple[str, ...],
    tasks: tuple[str, ...],
    videos_per_arm: int,
    seed: int,
    processes: int | None = None,
    make: Callable[[str], Renderer] = VideoRenderer,
) -> Iterator[tuple[int, int]]:
    """Render all shards that ``folder`` lacks; yields (shards done, shards in all).

    Args:
        videos_per_arm: rounded up to whole shards of 100 videos.
        seed: first seed; another hundred thousand away draws other videos.
        processes: that render at once; None is one for each processor.
        make: the renderer of an arm; it travels to the processes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    per_arm = -(-videos_per_arm // VIDEOS_PER_SHARD)
    jobs = {}
    for index in range(per_arm * len(arms)):
        first = seed + index * VIDEOS_PER_SHARD
        path = folder / f"shard_{index:05d}.safetensors"
        jobs[path] = (arms[index % len(arms)], tasks, range(first, first + VIDEOS_PER_SHARD))
    missing = {path: job for path, job in jobs.items() if not path.is_file()}
    done = len(jobs) - len(missing)
    yield done, len(jobs)
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        futures = [pool.submit(render_shard, path, *job, make) for path, job in missing.items()]
        for future in as_completed(futures):
            future.result()
            done += 1
            yield done, len(jobs)
