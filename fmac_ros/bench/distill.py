"""How many answers of its teacher a student needs: ``python -m fmac_ros.bench.distill``.

The teacher is the shipped success prior, whose answers cost next to nothing, so that the
student can also be compared on videos that neither of them is asked about in the run. A real
slow teacher is stood in for by a pause before every call; the pause is an option and printed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fmac_ros.priors.backends import Context, Options, make_prior, register
from fmac_ros.priors.distilled.agreement import Agreement
from fmac_ros.priors.ensemble.voting import levels
from fmac_ros.priors.registry import find_priors, load_encoder
from fmac_ros.priors.text import SentenceEncoder
from fmac_ros.sim.videos import VideoRenderer

TEACHER = "paused"
PATIENCE = 60.0  # [s] for the lessons of one episode

Video = tuple[str, np.ndarray]  # sentence, pictures (n, h, w, 3)


@register("success", TEACHER)
def make_paused(options: Options, context: Context) -> Any:
    """The embedded success prior, with ``pause`` [s] before every state of a call."""
    prior = make_prior("success", "embedded", {}, context)
    quick: Callable[[np.ndarray, str], np.ndarray] = prior.scores

    def scores(pictures: np.ndarray, sentence: str) -> np.ndarray:
        time.sleep(float(options["pause"]) * len(pictures))
        return quick(pictures, sentence)

    prior.scores = scores
    return prior


def measure(arguments: argparse.Namespace) -> list[dict[str, float]]:
    """One row after every ``every`` episodes."""
    context = Context(find_priors("embedded"), load_encoder(), SentenceEncoder())
    renderer = VideoRenderer(arguments.arm)
    unseen = [_video(renderer, arguments.task, 10_000 + i) for i in range(arguments.unseen)]
    teacher = make_prior("success", "embedded", {}, context)
    truth = np.concatenate(
        [levels(teacher.scores(shown, told), teacher.threshold) for told, shown in unseen]
    )
    options = {
        "teacher": {"backend": TEACHER, "pause": arguments.pause},
        "seed": arguments.seed,
    }
    own = dataclasses.replace(context, encoder=load_encoder())
    student = make_prior("success", "distilled", options, own)
    rows = [_row(0, student, own, unseen, truth)]
    for episode in range(1, arguments.episodes + 1):
        told, shown = _video(renderer, arguments.task, episode)
        student.scores(shown, told)
        _let_it_learn(student)
        if episode % arguments.every == 0:
            rows.append(_row(episode, student, own, unseen, truth))
            print(json.dumps(rows[-1]), flush=True)
    student.close()
    return rows


def _video(renderer: VideoRenderer, task: str, seed: int) -> Video:
    info, pictures, _ = renderer.video(task, seed)
    return info.sentence, pictures


def _let_it_learn(student: Any) -> None:
    """Wait until no lesson is left: a robot would take longer for its next episode."""
    end = time.monotonic() + PATIENCE
    while student.status()["updates_owed"] and time.monotonic() < end:
        time.sleep(0.05)


def _row(
    episodes: int, student: Any, context: Context, unseen: list[Video], truth: np.ndarray
) -> dict[str, float]:
    said = np.concatenate([student.opinion(shown, told) for told, shown in unseen])
    found, status = Agreement.between(said, truth), student.status()
    low, high = found.interval()
    told, shown = unseen[0]
    started = time.perf_counter()
    for picture in shown[:20]:
        student.opinion(picture[None], told)
    latency = (time.perf_counter() - started) / len(shown[:20])
    return {
        "episodes": episodes,
        "teacher_answers": status["teacher_answers"],
        "trusted": status["trusted"],
        "unseen_states": found.count,
        "unseen_solved": found.solved,
        "different_verdicts": round(found.different / found.count, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "missed": found.missed,
        "false_alarms": found.false_alarms,
        "student_ms": round(1e3 * latency, 2),
    }


def main() -> None:
    """Print one JSON row for every few episodes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arm", default="panda", help="arm in the videos (default: %(default)s)")
    parser.add_argument("--task", default="press_button", help="task (default: %(default)s)")
    parser.add_argument("--episodes", type=int, default=60, help="episodes (default: %(default)s)")
    parser.add_argument("--every", type=int, default=10, help="episodes between two rows")
    parser.add_argument("--unseen", type=int, default=40, help="videos only compared on")
    parser.add_argument("--pause", type=float, default=0.0, help="of the teacher, per state [s]")
    parser.add_argument("--seed", type=int, default=0, help="of the student")
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
