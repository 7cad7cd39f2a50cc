"""Pictures and numbers of a finished run."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from fmac_ros.learning.record import Record
from fmac_ros.learning.store import RunStore
from fmac_ros.report import curve, frames
from fmac_ros.report.history import History, Outcome, load_history
from fmac_ros.report.wilson import interval
from fmac_ros.types import Episode, PriorLabels


class Grey:
    """Decodes every latent to a grey picture."""

    def decode(self, latents: np.ndarray) -> np.ndarray:
        return np.full((len(latents), 8, 16, 3), 128, np.uint8)


def record(name: str, steps: int, terminated: bool) -> Record:
    episode = Episode(
        id=name,
        task="press the red button",
        pictures=np.zeros((steps + 1, 8, 16, 3), np.uint8),
        proprio=np.zeros((steps + 1, 6), np.float32),
        actions=np.zeros((steps, 3), np.float32),
        terminated=terminated,
        truncated=not terminated,
        behaviour="policy",
        policy_version=1,
    )
    states = np.zeros(steps + 1, np.float32)
    labels = PriorLabels(states, states, states, np.zeros((steps, 2, 1, 2), np.float16))
    return Record(episode, labels, np.zeros((steps + 1, 2, 1, 2), np.float16))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    store = RunStore.create(tmp_path, {})
    for name, steps, solved in (("000001", 5, False), ("000002", 3, True), ("000003", 4, False)):
        store.add(record(name, steps, solved))
    store.save_progress({"elapsed_s": 12.5})
    lines = [("000002", False), ("000002", True), ("000009", True)]
    text = "".join(json.dumps({"episode_id": n, "success": s}) + "\n" for n, s in lines)
    (tmp_path / "truth.jsonl").write_text(text)
    store.close()
    return tmp_path


def test_history_of_a_run(run: Path) -> None:
    history = load_history(run)
    assert history.env_steps == 12
    assert history.train_seconds == 12.5
    assert history.claims == (Outcome(5, False), Outcome(8, True), Outcome(12, False))
    assert history.truths == (Outcome(8, True),)
    assert history.shown is not None
    assert history.shown.episode.id == "000002"


def test_moving_rate_forgets_old_episodes() -> None:
    outcomes = [Outcome(10 * n, solved) for n, solved in enumerate([True, False, False, True], 1)]
    steps, rates = curve.moving_rate(outcomes, window=2)
    assert steps.tolist() == [10, 20, 30, 40]
    assert rates.tolist() == [1.0, 0.5, 0.0, 0.5]


@pytest.mark.parametrize("successes", [0, 47, 50])
def test_curve_is_drawn(run: Path, successes: int) -> None:
    path = run / "curve.png"
    curve.draw(load_history(run), {"successes": successes, "episodes": 50}, "a run", path)
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.std() > 0


def test_curve_of_a_run_without_episodes(tmp_path: Path) -> None:
    history = History(0, 0.0, (), (), None)
    curve.draw(history, {"successes": 0, "episodes": 1}, "a run", tmp_path / "curve.png")


@pytest.mark.parametrize("steps", [1, 2, 3, 40])
def test_frames_are_drawn_for_short_and_long_episodes(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "frames.png"
    frames.draw(record("000001", steps, True), Grey(), look_ahead=2, path=path)
    assert cv2.imread(str(path)) is not None


def test_frames_refuse_rows_of_different_length(tmp_path: Path) -> None:
    pictures = np.zeros((3, 8, 16, 3), np.uint8)
    with pytest.raises(ValueError, match="equal shapes"):
        frames.draw_strip(pictures, pictures[:2], [0, 1, 2], "t", tmp_path / "x.png")


@pytest.mark.parametrize(("count", "chosen"), [(1, [0]), (3, [0, 1, 2]), (11, [0, 2, 4, 6, 8, 10])])
def test_columns_are_spread_over_the_episode(count: int, chosen: list[int]) -> None:
    assert frames.columns(count).tolist() == chosen


def test_wilson_interval_matches_published_values() -> None:
    # Newcombe 1998, table I: 81 of 263, Wilson score without continuity correction.
    assert interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    low, high = interval(50, 50)
    assert high == pytest.approx(1.0)
    assert low == pytest.approx(0.9287, abs=5e-5)


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (3, 2), (-1, 2)])
def test_wilson_refuses_impossible_counts(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="valid: 0 to trials"):
        interval(successes, trials)
