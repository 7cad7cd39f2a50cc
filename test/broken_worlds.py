"""The point world with one part broken in each: what a diagnosis must find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from learning_world import PointEncoder, PointWorld, draw, near

from fmac_ros.types import Episode, PriorLabels, RolloutSpec


class Watched(PointWorld):
    """Keeps the ground truth of each episode, as a simulator does."""

    def __init__(self) -> None:
        super().__init__()
        self.truth: dict[str, bool] = {}

    def rollout(self, spec: RolloutSpec) -> Episode:
        episode = super().rollout(spec)
        self.truth[spec.episode_id] = near(episode.proprio[-1], _mark(episode))
        return self._spoilt(episode, np.random.default_rng(spec.seed))

    def _spoilt(self, episode: Episode, rng: np.random.Generator) -> Episode:
        return episode


class ReversedValue(Watched):
    """M_V is high where the point is far."""

    def label(self, episode: Episode) -> PriorLabels:
        labels = super().label(episode)
        return replace(labels, values=1 - labels.values)


class FalseSuccess(Watched):
    """M_R ends half of the episodes that a few steps did not solve."""

    def _spoilt(self, episode: Episode, rng: np.random.Generator) -> Episode:
        if episode.behaviour == "random" or rng.random() < 0.5 or episode.steps < 3:
            return episode
        self.truth[episode.id] = False
        return _cut(episode, steps=2)

    def label(self, episode: Episode) -> PriorLabels:
        labels = super().label(episode)
        successes = labels.successes.copy()
        successes[-1:] = episode.terminated
        return replace(labels, successes=successes, success_scores=successes)


class MissedSuccess(Watched):
    """M_R sees one success in five."""

    def _spoilt(self, episode: Episode, rng: np.random.Generator) -> Episode:
        if rng.random() < 0.2:
            return episode
        return replace(episode, terminated=False, truncated=True)

    def label(self, episode: Episode) -> PriorLabels:
        labels = super().label(episode)
        seen = labels.successes * episode.terminated
        return replace(labels, successes=seen, success_scores=seen)


class ShuffledActions(Watched):
    """The arm does something else than it says: nothing can be inferred from its motion."""

    def _spoilt(self, episode: Episode, rng: np.random.Generator) -> Episode:
        return replace(episode, actions=rng.uniform(-1, 1, episode.actions.shape).astype("f4"))


class WrongVideo(Watched):
    """M_tau imagines a way to the opposite corner, and everything follows it well."""

    def label(self, episode: Episode) -> PriorLabels:
        labels = super().label(episode)
        mark, points = _mark(episode), episode.proprio[:-1]
        away = [draw(p + np.clip(-mark - p, -0.25, 0.25), mark) for p in points]
        return replace(labels, imagined=PointEncoder().encode(np.stack(away)))


class NeverSuccess(MissedSuccess):
    """M_R never sees a success."""

    def _spoilt(self, episode: Episode, rng: np.random.Generator) -> Episode:
        return replace(episode, terminated=False, truncated=True)


class Held(Watched):
    """The gate holds the arm in nearly every step that is no play."""

    def __init__(self) -> None:
        super().__init__()
        self._holds = 0

    def _decide(
        self, spec: RolloutSpec, point: np.ndarray, mark: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        action = super()._decide(spec, point, mark, rng)
        held = rng.random() < 0.9
        self._holds += held
        return action * (not held)

    def _spoilt(self, episode: Episode, rng: np.random.Generator) -> Episode:
        holds, self._holds = self._holds, 0
        return replace(episode, holds=holds)


def _mark(episode: Episode) -> np.ndarray:
    """Where the mark is; the world hides it in a picture for its own labels."""
    return episode.pictures[0, 0, :2, 2] / 127.0 - 1


def _cut(episode: Episode, steps: int) -> Episode:
    return replace(
        episode,
        pictures=episode.pictures[: steps + 1],
        proprio=episode.proprio[: steps + 1],
        actions=episode.actions[:steps],
        terminated=True,
        truncated=False,
    )
