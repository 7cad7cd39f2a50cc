"""What pictures are compared with: the sentence's goal, a goal picture, or both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from fmac_ros.priors.base import check_finite, check_pictures
from fmac_ros.priors.hub.cameras import ALL, MEAN, views
from fmac_ros.priors.hub.contrastive_options import ContrastiveOptions
from fmac_ros.priors.hub.embedder import Embedder
from fmac_ros.priors.hub.loading import version_of_model
from fmac_ros.priors.hub.similarity import Goal
from fmac_ros.priors.text import check_sentence

Judgement = Callable[[np.ndarray, Goal], np.ndarray]  # (n, k, d), goal -> (n, k) in 0..1


class GoalJudge:
    """Embeds pictures and compares them with every goal that the options name.

    Raises:
        FileNotFoundError: the model or a goal picture is missing.
        ValueError: the model or a goal picture is not usable.
    """

    def __init__(self, options: ContrastiveOptions) -> None:
        self._options, self._embedder = options, Embedder(options, options.batch)
        self.name, self.version = options.model, version_of_model(self._embedder.folder)
        self.scale = self._embedder.scale
        self._seen = self._picture_goal() if options.goal_image else None

    def judge(self, pictures: np.ndarray, sentence: str, judgement: Judgement) -> np.ndarray:
        """Return (n,) float32: the judgements, averaged over goals by weight and over views."""
        check_pictures(pictures)
        goals = self._goals(check_sentence(sentence))
        if not len(pictures):
            return np.zeros(0, np.float32)
        x = self._embed(views(pictures, self._options.camera))  # (n, k, d)
        for goal in goals:
            if len(goal.target) not in (1, x.shape[1]):
                raise ValueError(
                    f"goal_image shows {len(goal.target)} cameras and a picture {x.shape[1]},"
                    " valid: as many"
                )
        total = sum(goal.weight * judgement(x, goal).mean(axis=1) for goal in goals)
        return check_finite(np.asarray(total, np.float32), self.name)

    def _goals(self, sentence: str) -> list[Goal]:
        goals = [self._seen] if self._seen is not None else []
        if self._options.uses_text:
            goals.append(self._text_goal(sentence))
        return goals

    def _text_goal(self, sentence: str) -> Goal:
        options = self._options
        weight = 1 - options.goal_weight if options.goal_image else 1.0
        baseline = self._text(options.baseline, sentence) if options.baseline else None
        return _goal(self._text(options.target, sentence), baseline, weight)

    def _picture_goal(self) -> Goal:
        options = self._options
        baseline = self._picture(options.baseline_image) if options.baseline_image else None
        weight = float(options.goal_weight) if options.uses_text else 1.0
        return _goal(self._picture(options.goal_image), baseline, weight)

    def _text(self, text: str, sentence: str) -> np.ndarray:
        return self._embedder.text(text.replace("{task}", sentence))[None]  # (1, d)

    def _picture(self, file: str) -> np.ndarray:
        picture = read_picture(file)
        one = self._options.camera not in (ALL, MEAN) and picture.shape[0] == picture.shape[1]
        camera = ALL if one else self._options.camera  # one camera's own picture
        return self._embed(views(picture[None], camera))[0]  # (k, d)

    def _embed(self, shown: np.ndarray) -> np.ndarray:
        """(n, k, d) of (n, k, h, w, 3)."""
        flat = shown.reshape(-1, *shown.shape[2:])
        return self._embedder.pictures(flat).reshape(*shown.shape[:2], -1)


def read_picture(file: str) -> np.ndarray:
    """Return an image file as (h, w, 3) uint8 RGB."""
    path = Path(file).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"no picture at {path}")
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{path} is not a picture, valid: PNG, JPEG")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _goal(target: np.ndarray, baseline: np.ndarray | None, weight: float) -> Goal:
    if baseline is not None and baseline.shape != target.shape:
        raise ValueError("goal_image and baseline_image show different numbers of cameras")
    if baseline is not None and np.abs(target - baseline).max() < 1e-4:
        raise ValueError("target and baseline are the same, valid: two that differ")
    return Goal(target, baseline, weight)
