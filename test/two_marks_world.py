"""A point, a red and a blue mark: the sentence alone says onto which of them it must move."""

from __future__ import annotations

import numpy as np
from learning_world import SIDE, STEP, ahead, near

from fmac_ros.chooser import Chooser
from fmac_ros.learning.actor import Actor
from fmac_ros.learning.progress import Subscriber
from fmac_ros.types import Episode, PriorLabels, RolloutSpec

SHAPE = (3, SIDE, SIDE)
RED, BLUE = ("go to red", "move to red"), ("go to blue", "move to blue")
UNSEEN = ("visit red", "visit blue")
APART = 1.0  # [m] between the marks: no place is on both of them


def embed(sentence: str) -> np.ndarray:
    """(24,) float32: the colour, and what else a sentence has, as a text encoder tells both."""
    verb, colour = sentence.split()[0], sentence.split()[-1]
    parts = [np.random.default_rng(list(word.encode())).normal(size=24) for word in (colour, verb)]
    mixed = parts[0] + 0.5 * parts[1]
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


class ThreeBlobs:
    """The picture, scaled, is the latent."""

    latent_shape = SHAPE

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """(n, h, w, 3) uint8 -> (n, 3, h, w) float16."""
        return (pictures.transpose(0, 3, 1, 2) / 255.0).astype(np.float16)


def picture(point: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Three positions in [-1, 1]^2 as blobs, (h, w, 3) uint8."""
    axis = np.linspace(-1, 1, SIDE)
    places = np.stack([point, *marks])  # (3, 2)
    distance = np.hypot(axis[None, :, None] - places[:, 0], axis[:, None, None] - places[:, 1])
    return (255 * np.exp(-((distance / 0.5) ** 2))).astype(np.uint8)


class TwoMarksWorld(Subscriber):
    """Robot and priors in one, for every sentence that names a colour."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._actor: Actor | None = None
        self._marks: dict[str, np.ndarray] = {}  # of each episode, (2, 2)

    def on_parameters(self, version: int, data: bytes) -> None:
        """Act with the newest weights."""
        self._actor = Actor.from_bytes(data)

    def rollout(self, spec: RolloutSpec) -> Episode:
        """One episode; the seed draws the marks."""
        self.asked.append(spec.task)
        rng = np.random.default_rng(spec.seed)
        marks = _draw_marks(rng)
        self._marks[spec.episode_id] = marks
        chooser = Chooser(spec, lambda: self._actor, 2, embed=embed)
        goal = _goal(marks, spec.task)
        points, actions = [rng.uniform(-0.3, 0.3, 2)], []
        while len(actions) < spec.horizon and not near(points[-1], goal):
            latent = ThreeBlobs().encode(picture(points[-1], marks)[None])[0]
            actions.append(chooser.choose(latent, points[-1].astype(np.float32), None))
            points.append(np.clip(points[-1] + STEP * actions[-1], -1, 1))
        solved = near(points[-1], goal)
        return Episode(
            id=spec.episode_id,
            task=spec.task,
            pictures=np.stack([picture(point, marks) for point in points]),
            proprio=np.stack(points).astype(np.float32),
            actions=np.asarray(actions, np.float32).reshape(-1, 2),
            terminated=solved,
            truncated=not solved,
            behaviour=spec.behaviour,
            policy_version=chooser.version,
        )

    def label(self, episode: Episode) -> PriorLabels:
        """What perfect priors say of the episode's own sentence."""
        marks = self._marks[episode.id]
        goal, points = _goal(marks, episode.task), episode.proprio
        distance = np.linalg.norm(points - goal, axis=1)
        successes = np.array([near(point, goal) for point in points], np.float32)
        imagined = np.stack([picture(ahead(point, goal), marks) for point in points[:-1]])
        return PriorLabels(
            (1 - distance / 3).astype(np.float32),
            successes,
            successes,
            ThreeBlobs().encode(imagined),
        )

    def solved(self, sentence: str, layouts: int = 25) -> float:
        """Share of layouts that the newest policy, asked for ``sentence``, solves."""
        specs = [
            RolloutSpec(f"eval-{n}", sentence, "policy", 15, 10_000 + n, deterministic=True)
            for n in range(layouts)
        ]
        return sum(self.rollout(spec).terminated for spec in specs) / layouts


def _draw_marks(rng: np.random.Generator) -> np.ndarray:
    while True:
        marks = rng.uniform(-0.8, 0.8, (2, 2))
        if np.linalg.norm(marks[0] - marks[1]) > APART and np.hypot(*marks.T).min() > 0.6:
            return marks


def _goal(marks: np.ndarray, sentence: str) -> np.ndarray:
    return marks[0] if "red" in sentence else marks[1]
