"""Scores of a success prior on labelled videos, kept for thresholds chosen later.

A calibration is a JSON file. It keeps the tails that thresholds are taken from, not all scores.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fmac_ros.trust.conformal import NEVER, failure_threshold, success_threshold

FILE = "calibration.json"
KIND = "fmac_ros.calibration/2"
TAIL = 0.2  # share of the scores that is kept, so rates up to this are valid
KEPT_AT_LEAST = 1000  # scores
FRAME, EPISODE = "frame", "episode"
UNITS = (FRAME, EPISODE)


@dataclass(frozen=True)
class ThresholdOptions:
    """What a calibrated verdict promises.

    Attributes:
        rate: share of false successes that is asked for, and of false failures; 0 leaves the
            prior its own threshold.
        per: false successes per unsolved ``frame``, or per ``episode``.
    """

    rate: float = 0.001
    per: str = FRAME

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= TAIL:
            raise ValueError(f"success_fpr is {self.rate!r}, valid: 0 (off) to {TAIL}")
        if self.per not in UNITS:
            raise ValueError(f"success_fpr_per is {self.per!r}, valid: {', '.join(UNITS)}")


@dataclass(frozen=True)
class Tail:
    """The extreme scores of a sample of ``count``, the most extreme first; float32 each."""

    count: int
    scores: tuple[float, ...]

    @classmethod
    def highest(cls, scores: np.ndarray) -> Tail:
        """The upper tail of (n,) float32 scores."""
        return cls._cut(np.sort(scores)[::-1])

    @classmethod
    def lowest(cls, scores: np.ndarray) -> Tail:
        """The lower tail of (n,) float32 scores."""
        return cls._cut(np.sort(scores))

    @classmethod
    def _cut(cls, ordered: np.ndarray) -> Tail:
        if not np.isfinite(ordered).all():
            raise ValueError("a score is not finite, valid: finite scores to calibrate on")
        kept = max(KEPT_AT_LEAST, int(np.ceil(TAIL * (len(ordered) + 1))))
        return cls(len(ordered), tuple(float(score) for score in ordered[:kept]))

    @property
    def array(self) -> np.ndarray:
        """(m,) float32."""
        return np.array(self.scores, np.float32)


@dataclass(frozen=True)
class Sample:
    """What one success prior says of some held-out videos, the tails of it.

    Attributes:
        negatives: highest scores of unsolved frames.
        positives: lowest scores of solved frames.
        episodes: highest, of each video, score that its unsolved frames hold for
            ``success_frames`` in a row: what an episode claims falsely at that threshold.
    """

    negatives: Tail
    positives: Tail
    episodes: Tail

    def thresholds(self, options: ThresholdOptions) -> tuple[float, float]:
        """(failure, success): below the first it failed, from the second on it is solved.

        Between both the prior is unsure. ``NEVER`` is the threshold of a verdict for which too
        few scores are known.
        """
        tail = self._tail(options.per)
        solved = success_threshold(tail.array, tail.count, options.rate)
        failed = failure_threshold(self.positives.array, self.positives.count, options.rate)
        return min(failed, solved), solved

    def strictest(self, per: str) -> float:
        """The success threshold of the lowest rate that these scores promise: above them all.

        ``-NEVER`` where there are none.
        """
        tail = self._tail(per)
        count = tail.count
        return success_threshold(tail.array, count, 1 / (count + 1)) if count else -NEVER

    def known(self, per: str) -> int:
        """How many unsolved frames, or episodes, the success threshold is taken from."""
        return self._tail(per).count

    def _tail(self, per: str) -> Tail:
        return self.negatives if per == FRAME else self.episodes

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Sample:
        """Read what ``asdict`` wrote; KeyError, TypeError or ValueError where it is damaged."""
        return cls(**{name: _tail(part) for name, part in content.items()})


@dataclass(frozen=True)
class Calibration:
    """What one success prior says of held-out videos, of all and of each task.

    Tasks differ in how sure a prior is where it errs, so each has thresholds of its own.

    Attributes:
        name, version: of the prior.
        whole: of all videos.
        success_frames: success verdicts in a row that ``Sample.episodes`` counts as a claim.
        about: what the videos were, for people.
        tasks: of the videos of each task; the ones with solved and unsolved frames.
        sentences: task by the sentence of a video.
    """

    name: str
    version: str
    whole: Sample
    success_frames: int
    about: Mapping[str, Any]
    tasks: Mapping[str, Sample] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)

    def thresholds(self, options: ThresholdOptions, sentence: str = "") -> tuple[float, float]:
        """``Sample.thresholds`` of the task that a sentence asks for.

        Those of all videos where the sentence is in none of them. The success threshold is never
        below that of all videos: a prior that hardly errs on a task's videos would get one near
        0, and a policy's play shows it what no video did. A task with too few frames for the
        rate gets the lowest rate that they promise, so that it does not get the errors of all.
        """
        whole = self.whole.thresholds(options)
        sample = self.tasks.get(self.sentences.get(sentence, ""))
        if sample is None:
            return whole
        failed, solved = sample.thresholds(options)
        if never_succeeds(solved):
            failed, solved = whole[0], sample.strictest(options.per)
        return failed, max(solved, whole[1])

    def save(self, path: Path) -> None:
        """Write the file."""
        path.write_text(json.dumps({"kind": KIND, **asdict(self)}, sort_keys=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read a file. Raises FileNotFoundError, or ValueError naming the file."""
        try:
            content = json.loads(path.read_text())
            if content.pop("kind") != KIND:
                raise ValueError(f"kind is not {KIND}")
            content["whole"] = Sample.from_dict(content["whole"])
            tasks = content["tasks"].items()
            content["tasks"] = {task: Sample.from_dict(part) for task, part in tasks}
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{path} is no calibration ({error}), valid: a file of fmac calibrate"
            ) from error


def _tail(content: Mapping[str, Any]) -> Tail:
    tail = Tail(int(content["count"]), tuple(float(score) for score in content["scores"]))
    if len(tail.scores) > tail.count or not np.isfinite(tail.array).all():
        raise ValueError("more scores than counted, or not finite")
    return tail


def never_succeeds(threshold: float) -> bool:
    """Whether no score reaches a threshold."""
    return threshold == NEVER
