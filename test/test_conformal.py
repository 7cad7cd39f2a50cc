"""Conformal thresholds: the promise holds on fresh scores, and is not made where it cannot be."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_videos import write_videos
from tiny_priors import save_tiny_priors

from fmac_ros.cli import main
from fmac_ros.priors.base import SuccessPrior
from fmac_ros.priors.pretrain.videos import VideoInfo, VideoTable, read_all_pictures, read_table
from fmac_ros.priors.registry import load_priors
from fmac_ros.trust.calibrated import CalibratedSuccess, calibrated
from fmac_ros.trust.calibration import EPISODE, FILE, Calibration, Sample, Tail, ThresholdOptions
from fmac_ros.trust.conformal import NEVER, failure_threshold, rank, success_threshold
from fmac_ros.trust.measuring import ask_success, episode_scores, make_calibration

OFF = ThresholdOptions(rate=0.0)


def scores_of(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).random(count).astype(np.float32)


@pytest.mark.parametrize("rate", [0.005, 0.01, 0.05, 0.1, 1 / 3])
@pytest.mark.parametrize("count", [1, 18, 19, 98, 99, 100, 1999])
def test_the_rank_is_the_one_of_the_corrected_quantile(count: int, rate: float) -> None:
    quantile = int(np.ceil((count + 1) * (1 - rate) - 1e-9))  # counted from the lowest, from 1
    assert rank(count, rate) == count + 1 - quantile
    assert (rank(count, rate) == 0) == (count < 1 / rate - 1 - 1e-6)


def test_success_is_strictly_above_the_corrected_quantile() -> None:
    scores = np.arange(199, dtype=np.float32) / 200
    threshold = success_threshold(scores[::-1], 199, 0.05)  # ceil(200 * 0.95) = 190th smallest
    assert not scores[189] >= threshold
    assert np.nextafter(scores[189], np.float32(1)) >= threshold
    failed = failure_threshold(scores, 199, 0.05)  # 10th smallest
    assert failed == scores[9]


def test_false_positives_keep_the_promise_on_average() -> None:
    rates = []
    for seed in range(400):
        tail = Tail.highest(scores_of(seed, 60))
        threshold = success_threshold(tail.array, tail.count, 0.05)
        rates.append(float((scores_of(10_000 + seed, 500) >= threshold).mean()))
    assert np.mean(rates) == pytest.approx(3 / 61, abs=0.006)  # k / (n + 1), below 0.05


def test_too_few_negatives_abstain_always() -> None:
    few = Tail.highest(scores_of(0, 98))
    assert success_threshold(few.array, few.count, 0.01) == NEVER
    enough = Tail.highest(scores_of(0, 99))
    assert success_threshold(enough.array, enough.count, 0.01) < NEVER
    assert failure_threshold(few.array, 0, 0.01) == -NEVER


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, float("nan")])
def test_rates_that_make_no_sense_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate is .*, valid: above 0, below 1"):
        rank(100, rate)


def make(negatives: np.ndarray, positives: np.ndarray, version: str = "1") -> Calibration:
    highest = Tail.highest(negatives)
    return Calibration("p", version, Sample(highest, Tail.lowest(positives), highest), 2, {})


def test_between_both_thresholds_it_is_unsure() -> None:
    mixed = make(scores_of(1, 500), scores_of(2, 500))
    failed, solved = mixed.thresholds(ThresholdOptions(0.1))
    assert 0 < failed < 0.2 and 0.8 < solved < 1
    apart = make(scores_of(1, 500) / 4, scores_of(2, 500) / 4 + 0.75)
    failed, solved = apart.thresholds(ThresholdOptions(0.1))
    assert failed == solved < 0.25


def test_only_tails_are_kept_and_the_file_is_exact(tmp_path: Path) -> None:
    calibration = make(scores_of(1, 20_000), scores_of(2, 3000))
    assert len(calibration.whole.negatives.scores) < 4100
    calibration.save(tmp_path / FILE)
    again = Calibration.load(tmp_path / FILE)
    for rate in (0.001, 0.01, 0.2):
        assert again.thresholds(ThresholdOptions(rate)) == calibration.thresholds(
            ThresholdOptions(rate)
        )
    with pytest.raises(ValueError, match="success_fpr is 0.3, valid: 0 .off. to 0.2"):
        ThresholdOptions(0.3)
    with pytest.raises(ValueError, match="success_fpr_per is 'video', valid: frame, episode"):
        ThresholdOptions(0.1, "video")


def test_a_task_may_raise_the_threshold_of_all_and_not_lower_it() -> None:
    low = make(scores_of(1, 500) / 2, scores_of(2, 500))
    high = make(scores_of(3, 500), scores_of(4, 500))
    middle = make(scores_of(7, 500) * 0.8, scores_of(8, 500))
    few = make(np.array([0.2, 0.95, 0.3]), scores_of(6, 5))
    easy = make(np.array([0.2, 0.1, 0.3]), scores_of(6, 5))
    calibration = replace(
        middle,
        tasks={"easy": low.whole, "hard": high.whole, "rare": few.whole, "new": easy.whole},
        sentences={"press it": "easy", "push it": "hard", "fold it": "rare", "roll it": "new"},
    )
    options = ThresholdOptions(0.01)
    of_all = calibration.thresholds(options)
    assert 0.7 < of_all[1] < 0.8
    assert calibration.thresholds(options, "press it") == (low.thresholds(options)[0], of_all[1])
    assert calibration.thresholds(options, "push it") == high.thresholds(options)
    assert high.thresholds(options)[1] > 0.9
    assert calibration.thresholds(options, "what is that") == of_all
    # Three cannot promise it: above all of them is the best that they can.
    above = float(np.nextafter(np.float32(0.95), np.float32(1)))
    assert calibration.thresholds(options, "fold it") == (of_all[0], above)
    assert calibration.thresholds(options, "roll it") == of_all


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "other"}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ValueError, match=f"{FILE} is no calibration"):
        Calibration.load(tmp_path / FILE)


def test_an_episode_counts_by_frames_in_a_row() -> None:
    info = VideoInfo("s", "a", "t", "near_miss", 0)
    video = np.array([0, 0, 0, 0, 1, 1, 1, 2])
    table = VideoTable((info,) * 3, video, np.zeros(8, int), np.zeros(8, bool), np.zeros(8, int))
    table.solved[6] = True
    scores = np.array([0.9, 0.1, 0.5, 0.6, 0.3, 0.2, 1.0, 0.8], np.float32)
    np.testing.assert_allclose(episode_scores(scores, table, 1), [0.9, 0.3, 0.8])
    np.testing.assert_allclose(episode_scores(scores, table, 2), [0.5, 0.2])  # the last is short


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_priors(tmp_path_factory.mktemp("priors"))


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_videos(tmp_path_factory.mktemp("videos"), shards=2, videos=15, seed=3)


@pytest.fixture
def prior(folder: Path) -> SuccessPrior:
    return load_priors(folder, OFF).success


def calibration_of(prior: SuccessPrior, videos: Path) -> Calibration:
    table = read_table(videos)
    scores = ask_success(prior, table, read_all_pictures(videos))
    return make_calibration(prior.name, prior.version, scores, table)


def test_the_command_writes_what_loading_uses(
    folder: Path, videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["calibrate", "--priors", str(folder), "--videos", str(videos)]
    assert main.main([*words, "--json", str(tmp_path / "out.json")]) == 0
    assert "written to" in capsys.readouterr().out
    prior = load_priors(folder, ThresholdOptions(0.05)).success
    assert isinstance(prior, CalibratedSuccess)
    table, pictures = read_table(videos), read_all_pictures(videos)
    scores = ask_success(prior, table, pictures)
    negatives = ~table.solved
    assert 0 < (scores[negatives] >= prior.threshold).mean() <= 0.05
    assert ((scores[table.solved] < prior.failure_threshold).mean()) <= 0.05
    unsure = prior.unsure(scores, table.infos[0].sentence)
    assert not (unsure & (scores >= prior.threshold)).any()
    rows = json.loads((tmp_path / "out.json").read_text())["rows"]
    never = [row for row in rows if row["per"] == EPISODE and row["fpr"] == 0.01]
    assert never[0]["threshold"] is None  # thirty videos cannot promise one in a hundred
    (folder / "success" / FILE).unlink()


def test_a_check_measures_what_is_there_on_other_videos(
    folder: Path, videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check = ["calibrate", "--priors", str(folder), "--check", str(videos)]
    assert main.main(check) == main.EXIT_FAILED  # nothing is there yet
    made = folder / "success" / FILE
    prior = load_priors(folder, OFF).success
    table, pictures = read_table(videos), read_all_pictures(videos)
    strict = replace(calibration_of(prior, videos), tasks={}, success_frames=3)
    strict.save(made)
    before = made.read_bytes()
    capsys.readouterr()
    assert main.main([*check, "--fpr", "0.1", "--json", str(tmp_path / "out.json")]) == 0
    assert made.read_bytes() == before
    assert "a claim is 3 frames in a row" in capsys.readouterr().out
    rows = json.loads((tmp_path / "out.json").read_text())["rows"]
    row = next(row for row in rows if (row["fpr"], row["per"]) == (0.1, "frame"))
    threshold = strict.thresholds(ThresholdOptions(0.1))[1]
    ours = table.task == row["task"]
    said = ask_success(prior, table, pictures)[ours & ~table.solved] >= threshold
    assert row["false_positive_rate"] == pytest.approx(said.mean())
    replace(strict, version="older").save(made)
    assert main.main(check) == main.EXIT_FAILED
    assert "fmac calibrate' makes it anew" in capsys.readouterr().err
    made.unlink()


def test_without_a_calibration_the_own_threshold_holds_with_a_warning(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert load_priors(folder).success.threshold == 0.5
    assert "is not calibrated" in caplog.text
    caplog.clear()
    assert load_priors(folder, OFF).success.threshold == 0.5
    assert not caplog.text


def test_another_priors_calibration_is_not_believed(
    prior: SuccessPrior, videos: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stale = replace(calibration_of(prior, videos), version="older")
    stale.save(tmp_path / FILE)
    assert calibrated(prior, tmp_path / FILE, ThresholdOptions()) is prior
    assert "was trained anew" in caplog.text
    with pytest.raises(ValueError, match="calibration is of .* older, valid: of"):
        calibrated(prior, tmp_path / FILE, ThresholdOptions(), required=True)


@pytest.mark.parametrize(
    ("negatives", "rate", "valid"),
    [(99, 0.005, "0.01 or more, or 0;"), (9673, 1e-4, "0.0002 or more, or 0;"), (3, 0.2, "0;")],
)
def test_a_rate_that_too_few_negatives_promise_is_refused(
    prior: SuccessPrior, tmp_path: Path, negatives: int, rate: float, valid: str
) -> None:
    few = replace(
        make(scores_of(1, negatives), scores_of(2, 9)), name=prior.name, version=prior.version
    )
    few.save(tmp_path / FILE)
    named = f"success_fpr is {rate:g} per frame, valid: {valid} .* is calibrated on {negatives},"
    with pytest.raises(ValueError, match=named):
        calibrated(prior, tmp_path / FILE, ThresholdOptions(rate))
    lowest = float(valid.split()[0].strip(";"))
    assert calibrated(prior, tmp_path / FILE, ThresholdOptions(lowest)).threshold < NEVER


def test_any_backend_takes_a_calibration(folder: Path, videos: Path, tmp_path: Path) -> None:
    members = "[{backend: embedded}, {backend: embedded}]"
    spec = tmp_path / "vote.yaml"
    spec.write_text(f"root: {folder}\nsuccess: {{backend: vote, members: {members}}}\n")
    made = tmp_path / "vote.json"
    words = ["calibrate", "--priors", str(spec), "--videos", str(videos)]
    assert main.main(words) == main.EXIT_FAILED  # it has no place of its own
    assert main.main([*words, "--out", str(made)]) == 0
    spec.write_text(
        f"root: {folder}\nsuccess: {{backend: vote, members: {members}, calibration: {made}}}\n"
    )
    believed = load_priors(spec, ThresholdOptions(0.05)).success
    assert isinstance(believed, CalibratedSuccess) and believed.name.startswith("vote(")
    with pytest.raises(ValueError, match="success_fpr is 0.001 per frame, valid: .* or more"):
        load_priors(spec, ThresholdOptions(0.001))  # nothing would ever be solved


def test_the_shipped_success_prior_is_calibrated() -> None:
    sentence = "push the red block to the blue mark"
    success = load_priors(thresholds=ThresholdOptions(0.01)).success
    assert isinstance(success, CalibratedSuccess)
    assert 0.05 < success.threshold < 0.5 < success.threshold_of(sentence) < 1  # 0.08 and 0.69
    by_default = load_priors().success.threshold_of(sentence)
    assert success.threshold_of(sentence) < by_default < 1  # one in a thousand, not in a hundred
