"""A slow prior taught to a small one: who answers, what is learned, what survives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from synthetic_videos import LENGTH, sentence, write_videos
from tiny_priors import save_tiny_priors

from fmac_ros.priors import backends
from fmac_ros.priors.backends import Context, backend_names, make_prior, register
from fmac_ros.priors.distilled.agreement import Agreement
from fmac_ros.priors.distilled.answering import Untrusted
from fmac_ros.priors.ensemble.voting import levels
from fmac_ros.priors.registry import load_encoder_from
from fmac_ros.priors.text import SentenceEncoder

RED = sentence("red")
QUICK = {
    "teacher": {"backend": "brightness"},
    "trust_after": 40,
    "max_disagreement": 0.25,
    "updates": 3,
    "batch": 16,
    "learning_rate": 3e-3,
    "wait": 30.0,
    "held_out": 3,
}


class Brightness:
    """A teacher that knows something simple: how bright the left half of a picture is.

    Attributes:
        mood: called before each answer; it may sleep, wait or raise.
        asked: states that it was asked about, call by call.
    """

    name, version, picture_size, conditioning = "brightness", "1", None, ("text",)
    threshold = 0.3

    def __init__(self, mood: Callable[[], None] = lambda: None) -> None:
        self.mood, self.gain = mood, 1.0
        self.asked: list[int] = []

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        self.asked.append(len(pictures))
        self.mood()
        left = pictures[:, :, :64].mean(axis=(1, 2, 3))
        return (self.gain * left / 255).astype(np.float32)

    values = scores


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    root = save_tiny_priors(tmp_path_factory.mktemp("root"))
    return Context(root, load_encoder_from(root / "encoder"), SentenceEncoder())


@pytest.fixture
def teacher(monkeypatch: pytest.MonkeyPatch) -> Brightness:
    backend_names("value")
    monkeypatch.setattr(backends, "_BACKENDS", dict(backends._BACKENDS))
    one = Brightness()
    for kind in ("value", "success"):
        register(kind, "brightness")(lambda options, context: one)
    return one


@pytest.fixture
def make(context: Context) -> Iterator[Callable[..., Any]]:
    """Makes distilled priors, which are closed with the test."""
    made: list[Any] = []

    def _make(kind: str = "success", **options: Any) -> Any:
        made.append(make_prior(kind, "distilled", {**QUICK, **options}, context))
        return made[-1]

    yield _make
    for prior in made:
        prior.close()


def episode(seed: int, states: int = 16) -> np.ndarray:
    """(n, 64, 128, 3) pictures whose two halves have brightnesses of their own."""
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 30, (states, 64, 128, 3)).astype(np.uint8)
    for half in (slice(0, 64), slice(64, 128)):
        pictures[:, :, half] += rng.integers(0, 160, (states, 1, 1, 1)).astype(np.uint8)
    return pictures


def until(done: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


def taught(prior: Any, ask: Callable[[np.ndarray, str], np.ndarray], limit: int = 60) -> int:
    """Show episodes until the student is trusted; how many that took."""
    for seed in range(limit):
        if prior.status()["trusted"]:
            return seed
        ask(episode(seed), RED)
        until(lambda: not prior.status()["updates_owed"])  # trust may change with what is owed
    raise AssertionError(f"never trusted: {prior.status()}")


def test_a_fresh_student_never_answers_alone(make: Any, teacher: Brightness) -> None:
    prior = make()
    seen = episode(0)
    told = prior.scores(seen, RED)
    assert sum(teacher.asked) == len(seen)
    np.testing.assert_array_equal(told >= prior.threshold, teacher.scores(seen, RED) >= 0.3)
    assert prior.status()["teacher_answers"] == len(seen)


def test_a_single_state_is_not_solved_before_the_student_is_trusted(
    make: Any, teacher: Brightness
) -> None:
    free = threading.Event()
    teacher.mood = lambda: free.wait(30) and None
    bright = np.full((1, 64, 128, 3), 250, np.uint8)
    success, value = make("success"), make("value")
    assert success.scores(bright, RED).tolist() == [0.0]  # the teacher has not even answered
    with pytest.raises(Untrusted, match="has not answered about 1 of 1 states"):
        value.values(bright, RED)
    assert success.status()["abstained"] == value.status()["abstained"] == 1
    free.set()
    until(lambda: success.status()["teacher_answers"] == 1)
    assert success.scores(bright, RED)[0] >= success.threshold  # it has now, about this picture


@pytest.mark.parametrize("kind", ["success", "value"])
def test_a_student_learns_and_takes_over(make: Any, teacher: Brightness, kind: str) -> None:
    limit = 0.1 if kind == "value" else 0.25
    prior = make(kind, max_disagreement=limit)
    ask = prior.scores if kind == "success" else prior.values
    unseen = episode(1000, 40)
    truth = teacher.scores(unseen, RED)
    if kind == "success":
        truth = levels(truth, teacher.threshold)
    fresh = Agreement.between(prior.opinion(unseen, RED), truth)
    taught(prior, ask)
    until(lambda: prior._answering._teaching.idle)
    before = sum(teacher.asked)
    alone = Agreement.between(np.concatenate([ask(one[None], RED) for one in unseen]), truth)
    assert sum(teacher.asked) == before  # not one of them came from the teacher
    assert alone.mean_difference < fresh.mean_difference
    if kind == "success":
        assert alone.different <= limit * alone.count < fresh.different
    else:
        assert alone.mean_difference < limit < fresh.mean_difference


def test_a_trusted_student_asks_about_keyframes_only(make: Any, teacher: Brightness) -> None:
    prior = make(keyframes=4)
    taught(prior, prior.scores)
    until(lambda: prior._answering._teaching.idle)
    before = sum(teacher.asked)
    unseen = episode(2000, 30)
    scores = prior.scores(unseen, RED)
    assert sum(teacher.asked) - before == 4
    truth = teacher.scores(unseen[-1:], RED)  # the last state is a keyframe
    assert (scores[-1] >= 0.5) == (truth[0] >= 0.3)


def test_a_slow_teacher_blocks_nobody(make: Any, teacher: Brightness) -> None:
    prior = make(wait=0.0)
    taught(prior, prior.scores)
    until(lambda: prior._answering._teaching.idle)
    free = threading.Event()
    teacher.mood = lambda: free.wait(60) and None
    answered = prior.status()["teacher_answers"]
    for seed in range(12):  # more than the queue holds
        assert np.isfinite(prior.scores(episode(3000 + seed), RED)).all()
        prior.scores(episode(4000 + seed, 1), RED)
    found = prior.status()
    assert found["teacher_answers"] == answered
    kept = 12 - found["questions_dropped"]  # eight wait, and perhaps one is being thought about
    assert found["questions_waiting"] <= 8 and kept in (8, 9)
    free.set()
    until(lambda: prior.status()["teacher_answers"] == answered + 4 * kept)


def test_an_episode_is_refused_when_the_teacher_is_too_late(make: Any, teacher: Brightness) -> None:
    free = threading.Event()
    teacher.mood = lambda: free.wait(60) and None
    prior = make(deadline=0.05)
    with pytest.raises(Untrusted, match="has not answered about 16 of 16 states"):
        prior.scores(episode(0), RED)
    free.set()
    until(lambda: prior.status()["teacher_answers"] == 16)
    prior.scores(episode(0), RED)  # asked again, it is there
    assert sum(teacher.asked) == 16


def test_a_failing_teacher_is_counted_and_survived(make: Any, teacher: Brightness) -> None:
    prior = make()

    def fail() -> None:
        raise TimeoutError("no answer within 30 s")

    teacher.mood = fail
    with pytest.raises(Untrusted, match="its teacher failed: TimeoutError: no answer within 30 s"):
        prior.scores(episode(0), RED)
    assert prior.scores(episode(0, 1), RED).tolist() == [0.0]
    until(lambda: prior.status()["teacher_failures"] == 2)
    teacher.mood, teacher.gain = (lambda: None), np.nan
    with pytest.raises(Untrusted, match="brightness answered a non-finite number"):
        prior.scores(episode(1), RED)
    teacher.gain = 1.0
    taught(prior, prior.scores)
    teacher.mood = fail
    failures = prior.status()["teacher_failures"]
    assert np.isfinite(prior.scores(episode(5000), RED)).all()
    assert prior.status()["teacher_failures"] == failures + 1
    assert prior.status()["last_failure"] == "TimeoutError: no answer within 30 s"


def test_a_student_that_went_astray_is_not_trusted_any_more(make: Any, teacher: Brightness) -> None:
    prior = make(keyframes=12)
    taught(prior, prior.scores)
    teacher.threshold = 0.0  # all is solved now, says the teacher
    for seed in range(60):
        prior.scores(episode(6000 + seed), RED)
        if not prior.status()["trusted"]:
            return
    raise AssertionError(f"still trusted: {prior.status()}")


def test_a_student_that_never_says_solved_is_not_trusted(make: Any, teacher: Brightness) -> None:
    teacher.gain = 0.01
    prior = make(updates=1)
    for seed in range(12):
        prior.scores(episode(seed), RED)
    until(lambda: not prior.status()["updates_owed"])
    found = prior.status()
    assert found["different_verdicts"] == 0 and found["held_out"] >= 40
    assert not found["trusted"]


def test_the_memory_is_bounded(make: Any, teacher: Brightness) -> None:
    prior = make(memory=20)
    for seed in range(5):
        prior.scores(episode(seed), RED)
    assert prior.status()["lessons"] == 20
    assert prior.status()["teacher_answers"] == 80


def test_a_resumed_student_goes_on(make: Any, teacher: Brightness, tmp_path: Path) -> None:
    first = make(state=str(tmp_path))
    taught(first, first.scores)
    first.close()
    seen = episode(7000, 10)
    said = first.opinion(seen, RED)
    second = make(state=str(tmp_path))
    status = second.status()
    assert status["trusted"] and status["teacher_answers"] == first.status()["teacher_answers"]
    assert status["lessons"] == first.status()["lessons"]
    np.testing.assert_allclose(second.opinion(seen, RED), said, atol=1e-6)
    before = sum(teacher.asked)
    second.scores(episode(0), RED)  # the teacher's answers about it are still there
    assert sum(teacher.asked) == before


def test_snapshots_replace_each_other_and_leave_no_rest(
    make: Any, teacher: Brightness, tmp_path: Path
) -> None:
    for seed in range(3):
        prior = make(state=str(tmp_path))
        prior.scores(episode(seed), RED)
        prior.close()
    (folder,) = (tmp_path / "success").iterdir()
    assert len(load_file(folder / "memory.safetensors")["answers"]) == 3 * 16
    (tmp_path / "success" / "partial").mkdir()  # a crash while saving
    assert make(state=str(tmp_path)).status()["teacher_answers"] == 48


@pytest.mark.parametrize("name", ["memory.safetensors", "model.safetensors", "config.json"])
def test_a_damaged_file_is_named(make: Any, teacher: Brightness, tmp_path: Path, name: str) -> None:
    prior = make(state=str(tmp_path))
    prior.scores(episode(0), RED)
    prior.close()
    (file,) = tmp_path.rglob(name)
    whole = file.read_bytes()
    named = "memory" if name.startswith("memory") else "model"
    for damaged in (b"", whole[: len(whole) // 2], b"\x80\x04" + whole):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{named}.safetensors is (damaged|truncated)"):
            make(state=str(tmp_path))
    file.unlink()
    if name != "config.json":
        with pytest.raises(ValueError, match=f"{named}.safetensors is damaged"):
            make(state=str(tmp_path))


def test_another_teachers_state_is_refused(make: Any, teacher: Brightness, tmp_path: Path) -> None:
    prior = make(state=str(tmp_path))
    prior.scores(episode(0), RED)
    prior.close()
    teacher.name = "darkness"
    with pytest.raises(ValueError, match="is of the teacher 'brightness 1', here it is 'darkness"):
        make(state=str(tmp_path))


def test_an_embedded_teacher_and_pictures_that_move(
    make: Any, context: Context, tmp_path: Path
) -> None:
    """Two real heads: the student asks about whole videos, then a few states of each."""
    shard = next(write_videos(tmp_path / "videos", 1, 12, 0).glob("*.safetensors"))
    pictures = load_file(shard)["pictures"].reshape(12, LENGTH, 128, 256, 3)
    prior = make("value", teacher={"backend": "embedded"}, trust_after=60, max_disagreement=0.2)
    for video in pictures:
        prior.values(video, RED)
    until(lambda: not prior.status()["updates_owed"] and prior._answering._teaching.idle)
    assert prior.status()["teacher_failures"] == 0 and prior.status()["trusted"]
    truth = make_prior("value", "embedded", {}, context).values(pictures[0], RED)
    np.testing.assert_allclose(prior.values(pictures[0], RED), truth, atol=1e-3)
    assert prior.name == "distilled(fmac-value)"
    assert prior.version.endswith(f"~{prior.status()['updates']}")


def test_training_does_not_touch_the_random_state_of_the_process(
    make: Any, teacher: Brightness
) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    prior = make()
    prior.scores(episode(0), RED)
    until(lambda: not prior.status()["updates_owed"])
    assert torch.equal(before, torch.get_rng_state())


def test_closing_ends_the_thread_and_an_ensemble_closes_its_members(
    make: Any, context: Context, teacher: Brightness
) -> None:
    entry = {"backend": "distilled", **QUICK}
    vote = make_prior("success", "vote", {"members": [entry, {"backend": "embedded"}]}, context)
    assert not vote.cacheable and not vote.batchable
    assert vote.status()["0_trusted"] == 0
    assert any(thread.name == "teacher" for thread in threading.enumerate())
    vote.close()
    assert not any(thread.name == "teacher" for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"teacher": "vlm"}, "teacher is 'vlm', valid: a mapping with 'backend'"),
        ({"teacher": {"backend": "none"}}, "teacher: .*backend of success is 'none', valid: "),
        ({"teacher": {"backend": "embedded", "x": 1}}, "teacher: .* unknown option 'x'"),
        ({"speed": 1}, "unknown option 'speed', valid: teacher, keyframes"),
        ({"student": "random"}, "unknown option 'student', valid: teacher, keyframes"),
        ({"keyframes": -1}, "keyframes is -1, valid: 1, 2"),
        ({"held_out": 1}, "held_out is 1, valid: 2, 3"),
        ({"memory": 0}, "memory is 0, valid: 1, 2"),
        ({"max_disagreement": 2}, r"max_disagreement is 2, valid: 0\.\.1"),
        ({"deadline": float("inf")}, "deadline is inf, valid: 0 or more"),
        ({"min_each": 0.5}, "min_each is 0.5, valid"),
        ({"state": 3}, "state is 3, valid: a text"),
    ],
)
def test_wrong_options_are_named(make: Any, options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make(**options)


def test_a_teacher_is_needed(context: Context) -> None:
    with pytest.raises(ValueError, match="option 'teacher' is missing"):
        make_prior("value", "distilled", {}, context)
    with pytest.raises(ValueError, match="unknown option 'min_each'"):
        make_prior("value", "distilled", {**QUICK, "min_each": 3}, context)


def test_a_closed_prior_does_not_wait_for_its_teacher(make: Any, teacher: Brightness) -> None:
    prior = make(deadline=1e6)
    prior.close()
    with pytest.raises(Untrusted):
        prior.scores(episode(0), RED)
    assert not teacher.asked
