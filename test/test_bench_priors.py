"""The measurement of the priors: numbers that are known, and the whole of it on a small scale."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from tiny_priors import save_tiny_priors

from fmac_ros.bench.priors.answers import Answers, ask, each_video
from fmac_ros.bench.priors.following import Following
from fmac_ros.bench.priors.imagination import judge_video
from fmac_ros.bench.priors.judging import calibration_error, judge_success, judge_value, recall_at
from fmac_ros.bench.priors.seen import seen_arms
from fmac_ros.bench.priors.suite import FIRST_SEED
from fmac_ros.cli.main import main
from fmac_ros.priors.pretrain.value import value_targets
from fmac_ros.priors.pretrain.videos import VideoTable, read_all_pictures, read_table
from fmac_ros.priors.registry import Priors, load_priors
from fmac_ros.sim.videos import render_shard


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few real videos where the bench looks for its own."""
    folder = tmp_path_factory.mktemp("videos")
    seeds = range(FIRST_SEED, FIRST_SEED + 12)
    render_shard(folder / "shard_00000.safetensors", "panda", ("press_button",), seeds)
    return folder


@pytest.fixture(scope="module")
def priors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_priors(tmp_path_factory.mktemp("priors"))


@pytest.fixture(scope="module")
def loaded(priors: Path) -> Priors:
    return load_priors(priors)


@pytest.fixture(scope="module")
def table(videos: Path) -> VideoTable:
    return read_table(videos)


def perfect(table: VideoTable) -> Answers:
    """Priors that know the annotations."""
    values = np.where(table.steps_to_end < 0, 0, value_targets(table.steps_to_end))
    return Answers(table, values.astype(np.float32), table.solved.astype(np.float32), 0.5)


def test_perfect_priors_are_perfect(table: VideoTable) -> None:
    answers = perfect(table)
    value, success = judge_value(answers), judge_success(answers)
    assert value["value_videos"] and value["value_calibration_error"] == pytest.approx(0)
    assert value["value_order_correlation"] == pytest.approx(1, abs=0.05)  # ties beyond 30 frames
    assert success["success_auc"] == success["recall_at_1pct_fpr"] == 1
    assert success["false_positive_rate"] == success["false_negative_rate"] == 0


def test_reversed_priors_are_found_out(table: VideoTable) -> None:
    right = perfect(table)
    wrong = dataclasses.replace(right, values=1 - right.values, scores=1 - right.scores)
    assert judge_value(wrong)["value_order_correlation"] == pytest.approx(-1, abs=0.05)
    assert judge_success(wrong)["success_auc"] == 0
    assert judge_success(wrong)["false_positive_rate"] == 1


def test_recall_at_a_false_positive_rate() -> None:
    negatives, positives = np.linspace(0, 0.99, 100), np.array([0.5, 0.985, 1.0, 1.0])
    scores = np.concatenate([negatives, positives])
    positive = np.arange(104) >= 100
    assert recall_at(scores, positive, 0.01) == 0.75  # 0.99 passes, 0.98 must not
    assert recall_at(scores, positive, 0.6) == 1.0
    assert recall_at(scores, np.ones(104, bool), 0.01) is None


def test_calibration_error() -> None:
    said = np.array([0.05, 0.05, 0.95, 0.95])
    assert calibration_error(said, np.array([0, 0, 1, 1])) == pytest.approx(0.05)
    assert calibration_error(said, np.array([1, 1, 1, 1])) == pytest.approx(0.5)
    assert calibration_error(said[:0], said[:0]) is None


def test_every_video_is_asked_about_with_its_own_sentence(loaded: Priors, videos: Path) -> None:
    table, pictures = read_table(videos), read_all_pictures(videos)
    answers = ask(loaded.value, loaded.success, table, pictures)
    info, rows = list(each_video(table))[3]
    np.testing.assert_allclose(
        answers.scores[rows], loaded.success.scores(pictures[rows], info.sentence), atol=1e-6
    )


class Repeats:
    """A video prior that imagines that nothing happens."""

    frames = 4

    def __init__(self, priors: Priors) -> None:
        self.encoder = priors.encoder

    def imagine(
        self, pictures: np.ndarray, sentence: str, indices: tuple[int, ...], seed: int
    ) -> np.ndarray:
        return np.repeat(self.encoder.encode(pictures)[:, None], len(indices), axis=1)


def test_copying_the_first_frame_has_error_one(loaded: Priors, videos: Path) -> None:
    table, pictures = read_table(videos), read_all_pictures(videos)
    row = judge_video(Repeats(loaded), loaded.encoder, table, pictures, 2, 0)
    assert row["video_windows"]
    assert row["video_error"] == pytest.approx(1)
    assert row["video_error_all_frames"] == pytest.approx(1)


def test_arms_that_were_seen_come_from_the_weights(priors: Path, tmp_path: Path) -> None:
    assert seen_arms("embedded") == ("kuka", "panda", "ur5e", "xarm")
    assert seen_arms(str(priors)) is None
    spec = tmp_path / "priors.yaml"
    spec.write_text("success: {backend: vlm, model: somebody/something}\n")
    assert seen_arms(str(spec)) is None


def test_the_whole_bench(
    priors: Path, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Following(40, updates=2, rounds=1, practice=2, round_updates=2, episodes=1)
    monkeypatch.setattr("fmac_ros.bench.priors.following.Following", lambda *_, **__: small)
    monkeypatch.setattr("fmac_ros.bench.priors.following.HORIZON", 3)
    result, out = tmp_path / "result.json", tmp_path / "out"
    words = f"bench priors --priors {priors} --videos {videos} --out {out} --json {result}"
    assert main([*words.split(), "--tasks", "press_button", "--arms", "panda"]) == 0
    found = json.loads(result.read_text())
    (row,) = found["rows"]
    assert (row["task"], row["arm"], row["arm_seen"]) == ("press_button", "panda", None)
    assert 0 <= row["success_auc"] <= 1 and row["video_follow_episodes"] == 1
    assert found["speed"]["video_pictures_per_second"] > 0 and found["versions"]["torch"]
    names = {path.name for path in out.glob("*.png")}
    assert names == {"reliability.png", "value_along_episodes.png", "imagined_press_button.png"}


def test_unknown_names_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "priors", "--arms", "panda,robot"]) == 1
    assert "--arms has 'robot', valid: panda" in capsys.readouterr().err
    assert main(["bench", "priors", "--arms", "panda", "--success-fpr", "0.5"]) == 1
    assert "success_fpr is 0.5, valid: 0" in capsys.readouterr().err
