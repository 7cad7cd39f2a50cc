"""Tiny videos for tests: a white square walks to the square of the colour that is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

COLOURS = {"red": (220, 40, 40), "blue": (40, 40, 220)}
HEIGHT, WIDTH = 64, 128
PIXELS = 2  # of a picture, each way, for one of those
LENGTH = 10


def sentence(colour: str) -> str:
    """The sentence that asks for a colour."""
    return f"touch the {colour} square"


def write_videos(folder: Path, shards: int, videos: int, seed: int) -> Path:
    """Write ``shards`` shards of ``videos`` videos each; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for shard in range(shards):
        _write_shard(folder / f"shard_{shard:05d}.safetensors", videos, seed + shard * videos)
    return folder


def _write_shard(path: Path, videos: int, seed: int) -> None:
    made = [_video(np.random.default_rng(seed + i), seed + i) for i in range(videos)]
    solved = [s for _, _, s in made]
    columns = {
        "pictures": np.concatenate([p for p, _, _ in made]),
        "video": np.repeat(np.arange(videos, dtype=np.int32), LENGTH),
        "frame": np.tile(np.arange(LENGTH, dtype=np.int32), videos),
        "solved": np.concatenate(solved).astype(np.uint8),
        "steps_to_end": np.concatenate([_steps_to_end(s) for s in solved]),
    }
    infos = json.dumps([info for _, info, _ in made])
    save_file(columns, path, metadata={"videos": infos})


def _video(rng: np.random.Generator, seed: int) -> tuple[np.ndarray, dict, np.ndarray]:
    kind = str(rng.choice(["expert", "near_miss", "wrong_object"], p=[0.6, 0.2, 0.2]))
    names = rng.permutation(list(COLOURS)).tolist()
    places = {
        name: np.array([rng.integers(36, 56), x]) for name, x in zip(names, (20, 90), strict=True)
    }
    goal = places[names[1]] if kind == "wrong_object" else places[names[0]]
    end = goal - (14, 0) if kind == "near_miss" else goal
    path = np.linspace(np.array([4, rng.integers(8, 110)]), end, LENGTH - 2)
    path = np.concatenate([path, path[-1:], path[-1:]]).round().astype(int)
    solved = np.abs(path - places[names[0]]).max(1) < 4
    info = {
        "sentence": sentence(names[0]),
        "arm": "square",
        "task": "touch",
        "kind": kind,
        "seed": seed,
        "other_sentences": [sentence(names[1])],
    }
    return np.stack([_draw(places, tip) for tip in path]), info, solved


def _draw(places: dict[str, np.ndarray], tip: np.ndarray) -> np.ndarray:
    picture = np.full((HEIGHT, WIDTH, 3), 30, np.uint8)
    for name, (row, column) in places.items():
        picture[row : row + 8, column : column + 8] = COLOURS[name]
    picture[tip[0] : tip[0] + 6, tip[1] : tip[1] + 6] = 255
    return picture.repeat(PIXELS, axis=0).repeat(PIXELS, axis=1)


def _steps_to_end(solved: np.ndarray) -> np.ndarray:
    if not solved.any():
        return np.full(LENGTH, -1, np.int32)
    return np.maximum(np.argmax(solved) - np.arange(LENGTH), 0).astype(np.int32)
