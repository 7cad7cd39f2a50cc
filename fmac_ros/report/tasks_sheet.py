"""All tasks of a world on one sheet: as the cameras see them, and as the priors do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from fmac_ros.metaworld.tasks import SENTENCES
from fmac_ros.picture import resize, tile
from fmac_ros.robots import load_robot
from fmac_ros.sim.demonstrator import demonstrate
from fmac_ros.sim.videos import FIRST_SENTENCE, PICTURE_SIZE
from fmac_ros.sim.world import World
from fmac_ros.tasks import TASKS, Goal, wordings

TITLE = 16  # [pixels]
GAP = 6  # [pixels]
LAYOUT = 2  # seed
LATENT_SIZE = 64  # [pixels]
COLUMNS = 2  # of Meta-World's tasks


def draw_sheet(tasks: Sequence[str], arms: Sequence[str], path: Path) -> None:
    """Draw a row of tasks by a column of arms into a PNG.

    A cell shows both cameras three times: the start as value and success prior see it, and as
    the autoencoder sees it, at the start and when a scripted expert has solved the task.
    """
    columns = []
    for arm in arms:
        world = World(load_robot(arm), FIRST_SENTENCE, PICTURE_SIZE)
        try:
            columns.append([_cell(world, task) for task in tasks])
        finally:
            world.close()
    _save(columns, path)


def draw_metaworld_sheet(tasks: Sequence[str], path: Path) -> None:
    """Draw tasks of Meta-World into a PNG, in two columns: both cameras at the start and solved."""
    half = -(-len(tasks) // COLUMNS)
    cells = [_metaworld_cell(task) for task in tasks]
    cells += [np.full_like(cells[0], 255)] * (COLUMNS * half - len(cells))
    _save([cells[half * n : half * (n + 1)] for n in range(COLUMNS)], path)


def _save(columns: Sequence[Sequence[np.ndarray]], path: Path) -> None:
    """Write columns of equally large cells (h, w, 3) uint8 as one PNG."""
    rows = [np.concatenate(cells, axis=1) for cells in zip(*columns, strict=True)]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(rows)).save(path, optimize=True)


def _titled(title: str, *pictures: np.ndarray) -> np.ndarray:
    """A cell: pictures (h, w, 3) uint8 below each other under a title, with a white edge."""
    line = Image.new("RGB", (pictures[0].shape[1], TITLE), "white")
    ImageDraw.Draw(line).text((2, 2), title, fill="black")
    cell = np.concatenate([np.asarray(line), *pictures])
    return np.pad(cell, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)


def _cell(world: World, task: str) -> np.ndarray:
    """One task with one arm, (h, w, 3) uint8."""
    target = TASKS[task].targets[-1]
    world.goal = Goal(task, target, wordings(TASKS[task], target)[0])
    world.reset(LAYOUT)
    full, start = _pictures(world)
    for _ in demonstrate(world, "expert", np.random.default_rng(LAYOUT)):
        if world.ground_truth():
            break
    _, end = _pictures(world)
    return _titled(f"{world.robot.name}: {world.goal.sentence}", full, start, end)


def _metaworld_cell(task: str) -> np.ndarray:
    from fmac_ros.metaworld.demonstrator import Demonstrator
    from fmac_ros.metaworld.videos import picture_of
    from fmac_ros.metaworld.world import MetaWorld

    world = MetaWorld(SENTENCES[task][0], PICTURE_SIZE)
    try:
        world.reset(LAYOUT, "eval")
        start = picture_of(world)
        for _ in Demonstrator(world, np.random.default_rng(LAYOUT), speed=1.0, need=0).solve():
            pass
        end = picture_of(world)
        return _titled(f"{task}: {world.goal.sentence}", np.concatenate([start, end], axis=1))
    finally:
        world.close()


def _pictures(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Both cameras as they are, and as the autoencoder sees them, enlarged to the same size."""
    images = [world.render(name) for name in world.camera_names]
    small = tile([resize(image, LATENT_SIZE) for image in images])
    factor = PICTURE_SIZE // LATENT_SIZE
    return tile(images), small.repeat(factor, axis=0).repeat(factor, axis=1)
