"""Queues, batches, deadlines and memory of the prior server, without ROS."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from scripted_priors import SIZE, Scripted, means, pictures_of

from fmac_ros.bench.server.comparing import Load, compare, table
from fmac_ros.bench.server.sized import save_sized
from fmac_ros.priors.base import is_cacheable, wants_warm_up
from fmac_ros.priors.errors import Busy, error_text, is_busy
from fmac_ros.priors.registry import load_priors
from fmac_ros.priors.remembering import RememberingEncoder
from fmac_ros.priors.serving.cache import ScoreCache
from fmac_ros.priors.serving.errors import Cancelled, OutOfMemory
from fmac_ros.priors.serving.generating import FrugalVideo
from fmac_ros.priors.serving.job import Generation, Judgement
from fmac_ros.priors.serving.judging import Judging
from fmac_ros.priors.serving.lane import Lane
from fmac_ros.priors.serving.memory import Frugal, is_out_of_memory
from fmac_ros.priors.serving.options import ServingOptions
from fmac_ros.priors.serving.warming import warm_up

TASK = "press the red button"


def judging(prior: Scripted, max_batch: int = 64, cache: ScoreCache | None = None) -> Judging:
    return Judging(prior, prior.scores, max_batch, cache)


def work_off(work: Judging, jobs: list[Judgement]) -> None:
    """Serve jobs as a lane does, in this thread."""
    waiting = deque(jobs)
    while waiting:
        taken = work.take(waiting)
        work.run(taken)
        waiting.extend(job for job in taken if job.unfinished)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_batch", 0), ("max_queue", 0), ("cache_size", -1), ("deadline", float("nan"))],
)
def test_options_are_checked(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is"):
        ServingOptions(**{name: value})


def test_requests_alike_are_answered_by_one_call() -> None:
    prior, stacks = Scripted(), [pictures_of(n, n) for n in (1, 2, 3, 1)]
    sentences = [TASK, TASK, "open the drawer", TASK]
    jobs = [Judgement(p, s) for p, s in zip(stacks, sentences, strict=True)]
    work_off(judging(prior), jobs)
    assert prior.asked == [(4, TASK), (3, "open the drawer")]
    for job, pictures in zip(jobs, stacks, strict=True):
        np.testing.assert_array_equal(job.future.result(0), means(pictures))


def test_pictures_of_other_sizes_are_asked_apart() -> None:
    prior, wide = Scripted(), np.zeros((1, 8, 24, 3), np.uint8)
    work_off(judging(prior), [Judgement(pictures_of(1), TASK), Judgement(wide, TASK)])
    assert [count for count, _ in prior.asked] == [1, 1]


def test_a_long_request_lets_short_ones_pass() -> None:
    prior, ended = Scripted(), []
    long, short = Judgement(pictures_of(10), TASK), Judgement(pictures_of(2, 1), TASK)
    for name, job in (("long", long), ("short", short)):
        job.future.add_done_callback(lambda _, name=name: ended.append(name))
    work_off(judging(prior, max_batch=4), [long, short])
    assert ended == ["short", "long"]
    assert max(count for count, _ in prior.asked) == 4
    np.testing.assert_array_equal(long.future.result(0), means(pictures_of(10)))


def test_a_bad_picture_fails_only_its_own_request() -> None:
    prior, white = Scripted(), np.full((1, *SIZE, 3), 255, np.uint8)
    prior.nonsense = float("nan")
    good, bad = Judgement(pictures_of(2), TASK), Judgement(white, TASK)
    work_off(judging(prior), [good, bad])
    assert np.isfinite(good.future.result(0)).all()
    with pytest.raises(FloatingPointError, match="scripted answered a non-finite number"):
        bad.future.result(0)


def test_scores_are_remembered_by_picture_and_sentence() -> None:
    prior, cache = Scripted(), ScoreCache(4)
    work = judging(prior, cache=cache)
    work_off(work, [Judgement(pictures_of(3), TASK), Judgement(pictures_of(2), TASK)])
    again = Judgement(pictures_of(3), TASK)
    work_off(work, [again])
    work_off(work, [Judgement(pictures_of(1), "another task")])
    assert prior.asked == [(3, TASK), (1, "another task")] and cache.hits == 3
    np.testing.assert_allclose(again.future.result(0), means(pictures_of(3)))
    work_off(work, [Judgement(pictures_of(4, 9), TASK)])  # pushes all others out
    work_off(work, [Judgement(pictures_of(1), TASK)])
    assert cache.hits == 3 and prior.asked[-1] == (1, TASK)


def test_a_prior_may_opt_out_of_the_cache() -> None:
    prior, cache = Scripted(), ScoreCache(100)
    prior.cacheable = False  # type: ignore[attr-defined]
    work = judging(prior, cache=cache)
    for _ in range(2):
        work_off(work, [Judgement(pictures_of(1), TASK)])
    assert len(prior.asked) == 2 and cache.hits == 0


def test_a_prior_may_want_each_request_whole_and_by_itself() -> None:
    prior = Scripted()
    prior.batchable = False  # type: ignore[attr-defined]
    jobs = [Judgement(pictures_of(n, n), TASK) for n in (10, 1, 2)]
    work_off(judging(prior, max_batch=4), jobs)
    assert [count for count, _ in prior.asked] == [10, 1, 2]
    np.testing.assert_array_equal(jobs[0].future.result(0), means(pictures_of(10, 10)))


def test_exhausted_memory_halves_the_batch_for_good() -> None:
    prior = Scripted()
    prior.fits = 3
    work, job = judging(prior, max_batch=16), Judgement(pictures_of(9), TASK)
    work_off(work, [job])
    np.testing.assert_array_equal(job.future.result(0), means(pictures_of(9)))
    first = [count for count, _ in prior.asked]
    assert first[:3] == [9, 4, 2] and max(first[3:]) == 2
    prior.asked.clear()
    work_off(work, [Judgement(pictures_of(4, 1), TASK), Judgement(pictures_of(4, 2), TASK)])
    assert {count for count, _ in prior.asked} == {2}


def test_a_picture_too_big_for_memory_is_refused() -> None:
    prior = Scripted()
    prior.fits = 0
    work, job = judging(prior), Judgement(pictures_of(2), TASK)
    work_off(work, [job])
    with pytest.raises(OutOfMemory, match="scripted ran out of memory on a single picture: CUDA"):
        job.future.result(0)
    prior.fits, later = 10, Judgement(pictures_of(2), TASK)
    work_off(work, [later])
    assert len(later.future.result(0)) == 2


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("x"), True),
        (MemoryError(), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("shapes differ"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_counts_as_exhausted_memory(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) == expected


def test_other_errors_pass_the_frugal_call() -> None:
    def fail(start: int, stop: int) -> np.ndarray:
        raise ValueError("no")

    frugal = Frugal(8, "x")
    with pytest.raises(ValueError, match="no"):
        frugal(fail, 8)
    assert frugal.limit == 8


def test_a_video_too_big_for_memory_is_made_in_parts() -> None:
    prior, shares = Scripted(), []
    prior.fits = 2
    latents = FrugalVideo(prior).imagine(pictures_of(5), TASK, [1, 2], 7, shares.append)
    assert latents.shape == (5, 2, 8, 8, 16) and (latents[:2] == 7).all()
    assert [count for count, _ in prior.asked] == [5, 2, 2, 1] and shares[-1] == 1.0


class Slow:
    """Work that waits for the test."""

    def __init__(self) -> None:
        self.go, self.began = threading.Event(), threading.Event()
        self.taken: list[Any] = []

    def take(self, waiting: deque[Any]) -> list[Any]:
        return [waiting.popleft()]

    def run(self, jobs: list[Any]) -> None:
        self.taken += jobs
        self.began.set()
        assert self.go.wait(20.0)
        for job in jobs:
            job.answer("done")


def job() -> Judgement:
    return Judgement(pictures_of(1), TASK)


def test_a_full_lane_refuses_and_a_late_job_is_not_served() -> None:
    lane, work = Lane("value", max_queue=2, deadline=0.2), Slow()
    lane.open(work)
    jobs = [job() for _ in range(3)]
    lane.submit(jobs[0])
    assert work.began.wait(5.0)
    for waiting in jobs[1:]:
        lane.submit(waiting)
    assert lane.length == 2
    with pytest.raises(Busy, match="^2 value requests wait already") as refused:
        lane.submit(job())
    assert is_busy(error_text(refused.value)) and lane.counts.refused == 1
    time.sleep(0.3)
    lane.expire()
    for late in jobs:
        with pytest.raises(Busy, match="no value answer within the deadline of 0.2 s"):
            late.future.result(0)
    assert lane.hangs and lane.counts.expired == 3 and lane.length == 0
    work.go.set()
    again = job()
    lane.submit(again)
    assert again.future.result(5.0) == "done"
    assert work.taken == [jobs[0], again]
    lane.close("over", 5.0)
    with pytest.raises(RuntimeError, match="over"):
        lane.submit(job())


def test_jobs_wait_for_their_prior_or_hear_why_it_is_missing() -> None:
    lane, early = Lane("value", 4, 30.0), job()
    lane.submit(early)
    assert not early.over
    lane.close("the priors are missing")
    with pytest.raises(RuntimeError, match="the priors are missing"):
        early.future.result(5.0)


def test_a_cancelled_video_ends_at_its_next_step() -> None:
    generation = Generation(lambda progress: None, lambda share: None)
    generation.progress(0.5)
    generation.cancel()
    with pytest.raises(Cancelled, match="cancelled by the client"):
        generation.future.result(0)
    with pytest.raises(Cancelled):
        generation.progress(0.75)


def test_one_thread_waits_for_what_another_is_encoding() -> None:
    class SlowEncoder:
        name, version, picture_size, latent_shape = "slow", "1", SIZE, (1, 1, 1)
        encoded = 0

        def encode(self, pictures: np.ndarray) -> np.ndarray:
            self.encoded += len(pictures)
            time.sleep(0.1)
            return means(pictures).astype(np.float16)[:, None, None, None]

    inner, pictures = SlowEncoder(), pictures_of(4)
    encoder = RememberingEncoder(inner)  # type: ignore[arg-type]
    found: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda p=part: found.append(encoder.encode(p)))
        for part in (pictures[:3], pictures[1:], pictures[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)
    assert len(found) == 3 and inner.encoded == 4
    np.testing.assert_array_equal(
        encoder.encode(pictures).ravel(), means(pictures).astype(np.float16)
    )


def test_an_encoder_that_fails_is_asked_again() -> None:
    class Fails:
        name, version, picture_size, latent_shape = "fails", "1", SIZE, (1, 1, 1)

        def encode(self, pictures: np.ndarray) -> np.ndarray:
            raise ValueError("no")

    encoder = RememberingEncoder(Fails())  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            encoder.encode(pictures_of(1))


def test_warm_up_asks_every_prior_that_wants_it() -> None:
    cast = {kind: Scripted() for kind in ("value", "success", "video")}
    for kind in ("value", "video"):
        cast[kind].warm_up = True
    cast["success"].picture_size = None
    priors: Any = SimpleNamespace(**cast, picture_size=(16, 32))
    warm_up(priors)
    assert [len(prior.asked) for prior in cast.values()] == [1, 0, 1]
    cast["value"].error = ValueError("broken")
    with pytest.raises(ValueError, match="broken"):
        warm_up(priors)


def test_a_stateful_prior_is_not_warmed_up() -> None:
    assert is_cacheable(object()) and wants_warm_up(object())
    assert not wants_warm_up(SimpleNamespace(cacheable=False))
    assert wants_warm_up(SimpleNamespace(cacheable=False, warm_up=True))


def test_the_bench_compares_equal_work() -> None:
    asked: list[int] = []
    row = compare(
        "value",
        SIZE,
        lambda prior, stacks: asked.append(sum(map(len, stacks))),
        lambda pictures: asked.append(-len(pictures)),
        Load(batch=2, concurrent=3, repeats=4),
    )
    assert asked == [6, -6] * 5
    assert row["ratio"] == pytest.approx(row["server_per_s"] / row["bare_per_s"])
    assert row["overhead_ms_p99"] >= row["overhead_ms_median"]
    assert "| value | 8x16 | 2 | 3 |" in table([row])
    with pytest.raises(ValueError, match="repeats is 0"):
        Load(1, 1, 0)


def test_the_embedded_architecture_takes_another_size(tmp_path: Path) -> None:
    priors = load_priors(save_sized(tmp_path, 32, 32))
    assert priors.value.picture_size == priors.success.picture_size == (32, 32)
    assert priors.encoder.picture_size == (16, 16)
    assert priors.success.scores(np.zeros((2, 32, 32, 3), np.uint8), TASK).shape == (2,)
