"""The evaluations of a cell: when they are due, what they found, on disk as they come."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fmac_ros.bench.learning.cells import Effort
from fmac_ros.learning.files import write_atomically

FILE = "evaluations.jsonl"
REACHED = 0.9  # success rate that counts as having learned the task


@dataclass(frozen=True)
class Trial:
    """One episode of an evaluation.

    Attributes:
        sentence: what it was asked for; empty where there is one task.
        unseen: in a wording that a policy of several tasks was never trained on.
    """

    solved: bool
    sentence: str = ""
    unseen: bool = False


@dataclass(frozen=True)
class Point:
    """One evaluation.

    Attributes:
        env_steps: environment steps of the training before it.
        successes: held-out layouts of ``episodes`` that were solved, by the ground truth.
        train_s: wall time of the training before it, evaluations not counted [s].
        evaluate_s: wall time of all evaluations up to this one [s].
        unseen: of several tasks, layouts solved and asked for in wordings never trained on. They
            are not among ``episodes``.
        sentences: of several tasks, layouts solved and asked for by sentence, seen or not.
    """

    env_steps: int
    successes: int
    episodes: int
    train_s: float
    evaluate_s: float
    unseen: Sequence[int] = ()
    sentences: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @property
    def success(self) -> float:
        """Share of layouts solved."""
        return self.successes / self.episodes

    def asdict(self) -> dict[str, Any]:
        """Its fields, for JSON, without those that only several tasks have if it has none."""
        return {name: value for name, value in asdict(self).items() if value not in ((), {})}


class Evaluations:
    """Evaluates at intervals, keeps every result in a file at once.

    Args:
        folder: of the cell; what is there already is gone on from.
        evaluate: runs one evaluation.
        tell: called with every new point.
    """

    def __init__(
        self,
        folder: Path,
        effort: Effort,
        evaluate: Callable[[], Sequence[Trial]],
        tell: Callable[[Point], None],
    ) -> None:
        self._path = folder / FILE
        self._effort, self._evaluate, self._tell = effort, evaluate, tell
        self.points = _read(self._path)

    @property
    def spent_s(self) -> float:
        """Wall time of all evaluations so far [s]."""
        return self.points[-1].evaluate_s if self.points else 0.0

    def forget_after(self, env_steps: int) -> None:
        """Drop evaluations of a training that is gone on with from fewer steps than they had."""
        kept = [point for point in self.points if point.env_steps <= env_steps]
        if len(kept) < len(self.points):
            self.points = kept
            write_atomically(self._path, "".join(map(_line, kept)).encode())

    def due(self, env_steps: int) -> bool:
        """Whether another interval is over, or the whole training."""
        last = self.points[-1].env_steps if self.points else 0
        if env_steps <= last:
            return False
        every = self._effort.eval_every
        return env_steps // every > last // every or env_steps >= self._effort.env_steps

    def run(self, env_steps: int, elapsed_s: float) -> None:
        """Evaluate now.

        Args:
            elapsed_s: wall time since the training began, evaluations included [s].
        """
        train_s, began = elapsed_s - self.spent_s, time.monotonic()
        trials = self._evaluate()
        spent = self.spent_s + time.monotonic() - began
        seen = _counted(trial for trial in trials if not trial.unseen)
        point = Point(env_steps, *seen, train_s, spent, **_of_several(trials))
        with self._path.open("a") as file:
            file.write(_line(point))
        self.points.append(point)
        self._tell(point)


def _line(point: Point) -> str:
    return json.dumps(point.asdict()) + "\n"


def _counted(trials: Iterable[Trial]) -> tuple[int, int]:
    """Solved, and all of them."""
    solved = [trial.solved for trial in trials]
    return sum(solved), len(solved)


def _of_several(trials: Sequence[Trial]) -> dict[str, Any]:
    """What a point has in addition where more than one sentence was asked for."""
    sentences = dict.fromkeys(trial.sentence for trial in trials)
    if len(sentences) == 1:
        return {}
    return {
        "unseen": _counted(trial for trial in trials if trial.unseen),
        "sentences": {
            sentence: _counted(trial for trial in trials if trial.sentence == sentence)
            for sentence in sentences
        },
    }


def first_reaching(points: Sequence[Point], rate: float = REACHED) -> Point | None:
    """The first evaluation with at least that success rate."""
    return next((point for point in points if point.success >= rate), None)


def _read(path: Path) -> list[Point]:
    if not path.exists():
        return []
    lines = path.read_text().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]  # a crash may cut the last one
    if len(whole) < len(lines):
        path.write_text("".join(whole))
    return [Point(**json.loads(line)) for line in whole]
