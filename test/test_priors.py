"""The embedded priors' interfaces, with untrained networks of the shipped sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from untrained_priors import write_untrained

from fmac_ros.priors.base import LatentSpace, SuccessPrior, ValuePrior, VideoPrior
from fmac_ros.priors.imagining import make_targets, noise_seed
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.registry import PARTS, Priors, find_priors, load_encoder, load_priors
from fmac_ros.priors.text import SentenceEncoder
from fmac_ros.types import Episode

TASK = "press the red button"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_untrained(tmp_path_factory.mktemp("priors"))


@pytest.fixture(scope="module")
def priors(folder: Path) -> Priors:
    return load_priors(folder)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 128, 256, 3), dtype=np.uint8)


def test_priors_answer_in_the_shapes_they_promise(priors: Priors, pictures: np.ndarray) -> None:
    encoder: LatentSpace = priors.encoder
    value: ValuePrior = priors.value
    success: SuccessPrior = priors.success
    video: VideoPrior = priors.video
    latents = encoder.encode(pictures)
    assert latents.shape == (5, *encoder.latent_shape) and latents.dtype == np.float16
    assert encoder.decode(latents).shape == (5, 64, 128, 3)
    for answer in (value.values(pictures, TASK), success.scores(pictures, TASK)):
        assert answer.shape == (5,) and answer.dtype == np.float32
        assert ((answer >= 0) & (answer <= 1)).all()
    assert success.threshold == 0.7
    imagined = video.imagine(pictures, TASK, (2, 8), seed=1)
    assert imagined.shape == (5, 2, *encoder.latent_shape) and imagined.dtype == np.float16


def test_imagination_depends_on_the_seed_alone(priors: Priors, pictures: np.ndarray) -> None:
    first = priors.video.imagine(pictures, TASK, (1,), seed=3)
    np.testing.assert_array_equal(first, priors.video.imagine(pictures, TASK, (1,), seed=3))
    assert not np.array_equal(first, priors.video.imagine(pictures, TASK, (1,), seed=4))


def test_progress_reaches_the_end(priors: Priors, pictures: np.ndarray) -> None:
    told: list[float] = []
    priors.video.imagine(pictures, TASK, (1,), seed=3, progress=told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_a_batch_answers_like_its_parts(priors: Priors, pictures: np.ndarray) -> None:
    one_by_one = [priors.value.values(picture[None], TASK)[0] for picture in pictures]
    np.testing.assert_allclose(priors.value.values(pictures, TASK), one_by_one, atol=2e-3)


def test_no_pictures_give_no_answers(priors: Priors) -> None:
    nothing = np.zeros((0, 128, 256, 3), np.uint8)
    assert priors.value.values(nothing, TASK).shape == (0,)
    assert priors.encoder.encode(nothing).shape == (0, *priors.encoder.latent_shape)


def test_an_episode_is_labelled(priors: Priors, pictures: np.ndarray) -> None:
    zeros = np.zeros((4, 3), np.float32)
    proprio = np.zeros((5, 6), np.float32)
    episode = Episode("e1", TASK, pictures, proprio, zeros, False, True, "policy", 0)
    labels = LocalPriors(priors).label(episode)
    assert labels.values.shape == labels.successes.shape == labels.success_scores.shape == (5,)
    assert labels.imagined.shape == (4, *priors.encoder.latent_shape)
    verdicts = labels.success_scores >= priors.success.threshold
    np.testing.assert_array_equal(labels.successes, verdicts.astype(np.float32))
    np.testing.assert_array_equal(LocalPriors(priors).label(episode).imagined, labels.imagined)


def test_what_was_judged_on_the_way_is_not_asked_again(
    priors: Priors, pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    scores = priors.success.scores

    def counted(shown: np.ndarray, sentence: str) -> np.ndarray:
        asked.append(len(shown))
        return scores(shown, sentence)

    zeros = np.zeros((4, 3), np.float32)
    episode = Episode("e", TASK, pictures, np.zeros((5, 6)), zeros, False, True, "policy", 0)
    plain = LocalPriors(priors).label(episode)
    monkeypatch.setattr(priors.success, "scores", counted)
    local = LocalPriors(priors)
    judged = [local.judge(picture, TASK) for picture in pictures[1:]]
    labels = local.label(episode)
    assert asked == [1, 1, 1, 1, 1]  # the first state is not judged on the way
    assert [score for score, _ in judged] == labels.success_scores[1:].tolist()
    assert [verdict for _, verdict in judged] == labels.successes[1:].astype(bool).tolist()
    np.testing.assert_allclose(labels.success_scores, plain.success_scores, atol=2e-3)
    assert local.label(episode).success_scores.shape == (5,) and asked[-1] == 5  # none is kept


def test_a_tasks_own_threshold_labels_its_episodes(
    priors: Priors, pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the graph, where ``ros.prior_answers.success_answer`` judges the same scores."""
    scores = np.array([0.1, 0.6, 0.7, 0.8, 0.9], np.float32)
    thresholds = {TASK: 0.85, "open the drawer": 0.75}
    monkeypatch.setattr(priors.success, "scores", lambda *_: scores)
    monkeypatch.setattr(priors.success, "threshold_of", thresholds.__getitem__, raising=False)
    assert priors.success.threshold == 0.7

    def successes(task: str) -> list[float]:
        zeros = np.zeros((4, 3), np.float32)
        episode = Episode("e", task, pictures, np.zeros((5, 6)), zeros, False, True, "policy", 0)
        return LocalPriors(priors).label(episode).successes.tolist()

    assert successes(TASK) == [0, 0, 0, 0, 1]
    assert successes("open the drawer") == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("imagine", ["once", "nearest"])
def test_an_episode_is_labelled_from_one_video(
    imagine: str, priors: Priors, pictures: np.ndarray
) -> None:
    still = np.repeat(pictures[:1], 4, axis=0)
    episode = Episode(
        "e1", TASK, still, np.zeros((4, 6)), np.zeros((3, 3)), False, True, "policy", 0
    )
    targets = make_targets({"imagine": imagine}, priors.encoder)
    video = priors.video.imagine(still[:1], TASK, range(1, 9), noise_seed(5, "e1"))[0]
    frames = {"once": [2, 3, 4], "nearest": [2, 2, 2]}[imagine]
    labels = LocalPriors(priors, 2, 5, targets).label(episode)
    np.testing.assert_array_equal(labels.imagined, video[np.array(frames) - 1])


def test_wrong_input_is_named(priors: Priors, pictures: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"shape \(5, 64, 64, 3\), valid: \(n, 64, 128, 3\)"):
        priors.encoder.encode(pictures[:, :64, :64])
    with pytest.raises(ValueError, match="float64, valid: uint8"):
        priors.encoder.encode(pictures.astype(float))
    with pytest.raises(ValueError, match=r"valid: \(n, 8, 8, 16\)"):
        priors.encoder.decode(np.zeros((1, 8, 4, 4)))
    with pytest.raises(ValueError, match=r"\[0, 9\], valid: some of 1\.\.8"):
        priors.video.imagine(pictures, TASK, (0, 9), seed=0)
    with pytest.raises(ValueError, match="look_ahead is 9"):
        LocalPriors(priors, look_ahead=9)


def test_sentences_are_unit_vectors_and_checked() -> None:
    text = SentenceEncoder()
    vector = text.encode(TASK)
    assert vector.shape == (text.size,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    near, far = text.encode("push the red button down"), text.encode("boil an egg")
    assert vector @ near > vector @ far
    with pytest.raises(ValueError, match="empty"):
        text.encode("  ")
    with pytest.raises(ValueError, match="1001 characters"):
        text.encode("a" * 1001)


def test_loading_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="lack encoder, value, success, video"):
        find_priors(tmp_path)
    with pytest.raises(FileNotFoundError, match="'nowhere', valid: 'embedded', a directory"):
        find_priors("nowhere")


def test_shipped_weights_load_and_are_small() -> None:
    root = find_priors("embedded")
    size = sum(path.stat().st_size for part in PARTS for path in (root / part).rglob("*"))
    assert size < 25e6
    priors = load_priors()
    assert load_encoder().latent_shape == priors.encoder.latent_shape
    assert priors.value.picture_size == priors.success.picture_size == (128, 256)
    assert priors.encoder.picture_size == priors.video.picture_size == (64, 128)
