"""A trivial world to learn in: a point must move onto a mark. No rendering, no robot."""

from __future__ import annotations

import numpy as np

from fmac_ros.learning.actor import Actor, RandomPlay
from fmac_ros.learning.progress import Subscriber
from fmac_ros.learning.record import Record
from fmac_ros.types import Episode, PriorLabels, RolloutSpec

SIDE = 6
LATENT_SHAPE = (2, SIDE, SIDE)
STEP = 0.25  # [m] per step at full action
TOLERANCE = 0.25  # [m]


class PointEncoder:
    """The picture's two used channels, as blobs of point and mark, are the latent."""

    latent_shape = LATENT_SHAPE

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """(n, h, w, 3) uint8 -> (n, 2, h, w) float16."""
        return (pictures[..., :2].transpose(0, 3, 1, 2) / 255.0).astype(np.float16)


def draw(point: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """Two positions in [-1, 1]^2 as blobs in an (h, w, 3) uint8 picture."""
    axis = np.linspace(-1, 1, SIDE)
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    for channel, (x, y) in enumerate((point, mark)):
        distance = np.hypot(axis[None, :] - x, axis[:, None] - y)
        picture[..., channel] = 255 * np.exp(-((distance / 0.5) ** 2))
    return picture


class PointWorld(Subscriber):
    """Robot and priors in one: exact M_V, M_R and M_tau of the point world."""

    def __init__(self) -> None:
        self._encoder = PointEncoder()
        self._actor: Actor | None = None

    def on_parameters(self, version: int, data: bytes) -> None:
        """Act with the newest weights."""
        self._actor = Actor.from_bytes(data)

    def rollout(self, spec: RolloutSpec) -> Episode:
        """One episode; the mark is drawn from the seed."""
        rng = np.random.default_rng(spec.seed)
        mark = rng.uniform(0.3, 0.7, 2) * rng.choice([-1, 1], 2)
        point = -np.sign(mark) * rng.uniform(0.0, 0.7, 2)  # never solved at the start
        play = RandomPlay(2, rng)
        points, actions = [point], []
        while len(actions) < spec.horizon and not (spec.stop_on_success and near(points[-1], mark)):
            if spec.behaviour == "random":
                action = play.act()
            else:
                action = self._decide(spec, points[-1], mark, rng)
            actions.append(action)
            points.append(np.clip(points[-1] + STEP * action, -1, 1))
        return self._episode(spec, mark, points, actions)

    def _decide(
        self, spec: RolloutSpec, point: np.ndarray, mark: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        assert self._actor is not None
        latent = self._encoder.encode(draw(point, mark)[None])[0]
        proprio = point.astype(np.float32)
        if spec.behaviour == "policy" and not self._actor.chooses:
            return self._actor.act(latent, proprio, spec.deterministic, rng)
        imagined = self._encoder.encode(draw(ahead(point, mark), mark)[None])[0]
        decide = self._actor.infer if spec.behaviour == "prior" else self._actor.choose
        return decide(latent, proprio, imagined, spec.deterministic, rng)

    def _episode(
        self,
        spec: RolloutSpec,
        mark: np.ndarray,
        points: list[np.ndarray],
        actions: list[np.ndarray],
    ) -> Episode:
        solved = near(points[-1], mark)
        pictures = np.stack([draw(point, mark) for point in points])
        pictures[:, 0, :2, 2] = np.round(127 * (mark + 1)).astype(np.uint8)  # for label()
        return Episode(
            id=spec.episode_id,
            task=spec.task,
            pictures=pictures,
            proprio=np.stack(points).astype(np.float32),
            actions=np.asarray(actions, np.float32).reshape(-1, 2),
            terminated=solved,
            truncated=not solved,
            behaviour=spec.behaviour,
            policy_version=self._actor.version if self._actor else 0,
        )

    def label(self, episode: Episode) -> PriorLabels:
        """What perfect priors say."""
        mark = episode.pictures[0, 0, :2, 2] / 127.0 - 1
        points = episode.proprio
        distance = np.linalg.norm(points - mark, axis=1)
        successes = (distance < TOLERANCE).astype(np.float32)
        imagined = np.stack([draw(ahead(point, mark), mark) for point in points[:-1]])
        return PriorLabels(
            values=(1 - distance / 3).astype(np.float32),
            successes=successes,
            success_scores=successes,
            imagined=self._encoder.encode(imagined),
        )


def near(point: np.ndarray, mark: np.ndarray) -> bool:
    """Whether the point is on the mark."""
    return bool(np.linalg.norm(point - mark) < TOLERANCE)


def ahead(point: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """Where an expert is one step later."""
    return point + np.clip(mark - point, -STEP, STEP)


def make_record(
    steps: int = 5, seed: int = 0, behaviour: str = "policy", task: str = "move onto the mark"
) -> Record:
    """A random but well-formed record."""
    rng = np.random.default_rng(seed)
    shape = (steps + 1, *LATENT_SHAPE)
    episode = Episode(
        id=f"{seed:06d}",
        task=task,
        pictures=rng.integers(0, 255, (steps + 1, SIDE, SIDE, 3), dtype=np.uint8),
        proprio=rng.standard_normal((steps + 1, 2)).astype(np.float32),
        actions=rng.uniform(-1, 1, (steps, 2)).astype(np.float32),
        terminated=True,
        truncated=False,
        behaviour=behaviour,
        policy_version=3,
    )
    labels = PriorLabels(
        values=rng.random(steps + 1).astype(np.float32),
        successes=rng.integers(0, 2, steps + 1).astype(np.float32),
        success_scores=rng.random(steps + 1).astype(np.float32),
        imagined=rng.standard_normal((steps, *LATENT_SHAPE)).astype(np.float16),
    )
    return Record(episode, labels, rng.standard_normal(shape).astype(np.float16))
