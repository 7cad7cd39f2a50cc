"""Oracle priors: errors at the chosen rates, no guessing, and a name that says what they are."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_priors import save_tiny_priors

from fmac_ros.cli import result
from fmac_ros.control.controller import ArmController
from fmac_ros.priors.backends import Context, make_prior
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.oracle.truth import Truth, TruthLedger, UnknownPicture
from fmac_ros.priors.registry import load_priors
from fmac_ros.priors.spec import uses_oracle
from fmac_ros.report.history import History
from fmac_ros.robots import load_robot
from fmac_ros.sim.local_robot import LocalRobot
from fmac_ros.sim.world import World
from fmac_ros.start import open_run, train_settings
from fmac_ros.types import RolloutSpec

TASK = "press the red button"
COUNT = 2000


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (COUNT, 4, 8, 3), np.uint8)


@pytest.fixture(scope="module")
def solved() -> np.ndarray:
    return np.random.default_rng(1).random(COUNT) < 0.5


@pytest.fixture(scope="module")
def ledger(pictures: np.ndarray, solved: np.ndarray) -> TruthLedger:
    ledger = TruthLedger(has_progress=True)
    for index, picture in enumerate(pictures):
        ledger.remember(picture, Truth(TASK, bool(solved[index]), index / COUNT))
    return ledger


def oracle(kind: str, ledger: TruthLedger | None, **options: Any) -> Any:
    context = Context(Path(), None, None, ledger)  # type: ignore[arg-type]
    return make_prior(kind, "oracle", options, context)


def test_success_is_wrong_at_the_chosen_rates(
    ledger: TruthLedger, pictures: np.ndarray, solved: np.ndarray
) -> None:
    exact = oracle("success", ledger)
    np.testing.assert_array_equal(exact.scores(pictures, TASK) >= exact.threshold, solved)
    noisy = oracle("success", ledger, false_positive_rate=0.1, false_negative_rate=0.3)
    said = noisy.scores(pictures, TASK) >= noisy.threshold
    assert said[~solved].mean() == pytest.approx(0.1, abs=0.03)
    assert (~said[solved]).mean() == pytest.approx(0.3, abs=0.05)
    turned = oracle(
        "success", ledger, false_positive_rate=0.1, false_negative_rate=0.3, reversed=True
    )
    np.testing.assert_array_equal(turned.scores(pictures, TASK) >= 0.5, ~said)


def test_errors_belong_to_the_picture_and_the_seed(
    ledger: TruthLedger, pictures: np.ndarray
) -> None:
    noisy = oracle("success", ledger, false_positive_rate=0.5, false_negative_rate=0.5)
    whole = noisy.scores(pictures[:50], TASK)
    np.testing.assert_array_equal([noisy.scores(p[None], TASK)[0] for p in pictures[:50]], whole)
    other = oracle("success", ledger, false_positive_rate=0.5, false_negative_rate=0.5, seed=1)
    assert not np.array_equal(other.scores(pictures[:50], TASK), whole)
    assert noisy.cacheable is False and other.version != noisy.version


def test_value_is_progress_with_noise_or_reversed(
    ledger: TruthLedger, pictures: np.ndarray
) -> None:
    progress = np.arange(COUNT) / COUNT
    np.testing.assert_allclose(oracle("value", ledger).values(pictures, TASK), progress, atol=1e-6)
    turned = oracle("value", ledger, reversed=True).values(pictures, TASK)
    np.testing.assert_allclose(turned, 1 - progress, atol=1e-6)
    middle = slice(COUNT // 2 - 300, COUNT // 2 + 300)  # where nothing is clipped
    noisy = oracle("value", ledger, value_noise=0.05).values(pictures[middle], TASK)
    assert np.std(noisy - progress[middle]) == pytest.approx(0.05, rel=0.15)


def test_an_oracle_never_guesses(ledger: TruthLedger, pictures: np.ndarray) -> None:
    success = oracle("success", ledger)
    with pytest.raises(UnknownPicture, match="no ground truth of this picture"):
        success.scores(pictures[:1] // 2, TASK)
    with pytest.raises(UnknownPicture, match="asked about 'reach', valid: 'press the red button'"):
        success.scores(pictures[:1], "reach")
    with pytest.raises(ValueError, match="no ground truth is at hand"):
        oracle("success", None)
    with pytest.raises(ValueError, match="tells success only"):
        oracle("value", TruthLedger(has_progress=False))


@pytest.mark.parametrize(
    "options",
    [{"false_positive_rate": 1.1}, {"false_negative_rate": "x"}, {"reversed": 1}, {"seed": -1}],
)
def test_wrong_options_are_named(ledger: TruthLedger, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        oracle("success", ledger, **options)


def test_a_request_may_be_faster_than_the_truth(pictures: np.ndarray) -> None:
    ledger = TruthLedger(patience=20.0)
    late = threading.Timer(0.05, ledger.remember, (pictures[0], Truth(TASK, True)))
    late.start()
    assert ledger.look_up(pictures[0]).success
    late.join()


def test_the_ledger_forgets_the_oldest(pictures: np.ndarray) -> None:
    ledger = TruthLedger(capacity=2)
    for picture in pictures[:3]:
        ledger.remember(picture, Truth(TASK, False))
    with pytest.raises(UnknownPicture):
        ledger.look_up(pictures[0])
    assert not ledger.look_up(pictures[2]).success


def spec_file(folder: Path, text: str) -> Path:
    path = folder / "priors.yaml"
    path.write_text(text)
    return path


def test_an_oracle_is_found_wherever_it_is_named(tmp_path: Path) -> None:
    assert not uses_oracle("embedded")
    assert not uses_oracle(spec_file(tmp_path, "success: {backend: embedded}"))
    assert uses_oracle(spec_file(tmp_path, "success: {backend: oracle}"))
    nested = "{backend: mean, members: [{backend: vote, members: [{backend: oracle}]}]}"
    assert uses_oracle(spec_file(tmp_path, f"success: {nested}"))
    taught = "{backend: distilled, teacher: {backend: oracle}}"
    assert uses_oracle(spec_file(tmp_path, f"success: {taught}"))


def test_truth_is_refused_where_no_oracle_is_named(ledger: TruthLedger) -> None:
    with pytest.raises(ValueError, match="valid with ground truth: those that name an oracle"):
        load_priors("embedded", truth=ledger)


def test_a_run_with_an_oracle_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = str(spec_file(tmp_path, "success: {backend: oracle, false_positive_rate: 0.02}"))
    run_dir, settings = open_run({"priors": file}, None, resume=False)
    assert run_dir.path.name == "press-the-red-button-panda-seed0-oracle-baseline"
    history = History(1, 1.0, (), (), None)
    outcome = result.payload(settings, {"successes": 1, "episodes": 2}, history)
    assert outcome["algorithm"] == "fmac (oracle baseline)"
    assert outcome["priors"] == f"{file} (oracle baseline)"
    plain = result.payload(train_settings(), {"successes": 1, "episodes": 2}, history)
    assert plain["algorithm"] == "fmac"


def test_the_local_robot_fills_the_ledger_of_an_oracle(tmp_path: Path) -> None:
    root = save_tiny_priors(tmp_path / "tiny")
    text = f"root: {root}\nsuccess: {{backend: oracle}}\nvalue: {{backend: oracle}}\n"
    ledger = TruthLedger(has_progress=True)
    priors = LocalPriors(load_priors(spec_file(tmp_path, text), truth=ledger))
    robot = load_robot("panda")
    world = World(robot, TASK)
    try:
        local = LocalRobot(world, ArmController(robot, "ee_delta"), priors, ledger=ledger)
        episode = local.rollout(RolloutSpec("e", TASK, "random", horizon=6, seed=0))
        labels = priors.label(episode)
    finally:
        world.close()
    assert labels.successes.any() == local.truth["e"]
    assert np.ptp(labels.values) > 0 and labels.values.max() < 1
