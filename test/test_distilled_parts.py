"""Keyframes, the bounded memory and the measure of agreement."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.priors.distilled.agreement import Agreement, values_agree, verdicts_agree
from fmac_ros.priors.distilled.keyframes import jumps, keyframes, near_threshold
from fmac_ros.priors.distilled.memory import Lesson, Memory, key_of
from fmac_ros.report.wilson import interval

LATENT = np.zeros((1, 1, 1), np.float16)


def lesson(number: int, answer: float) -> Lesson:
    return Lesson(number.to_bytes(16, "big"), LATENT, "a task", answer)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 9])
def test_keyframes_are_distinct_and_end_with_the_last(n: int, count: int) -> None:
    rows = keyframes(np.random.default_rng(n).random(n), count)
    assert len(rows) == min(n, count) and (np.diff(rows) > 0).all()
    assert count == 0 or rows[-1] == n - 1


def test_keyframes_are_where_the_student_is_unsure() -> None:
    answers = np.full(20, 0.01, np.float32)
    answers[[6, 11]] = 0.45, 0.6
    assert {6, 11} <= set(keyframes(near_threshold(answers), 4).tolist())
    values = np.linspace(0, 1, 20)
    values[7] += 0.3
    assert 7 in keyframes(jumps(values), 3)


def test_rare_answers_outlive_frequent_ones() -> None:
    memory = Memory(10)
    memory.add(lesson(0, 0.9))
    for number in range(1, 100):
        memory.add(lesson(number, 0.1))
    assert len(memory) == 10
    assert memory.answer(lesson(0, 0).key) == 0.9
    assert memory.answer(lesson(99, 0).key) == 0.1 and memory.answer(lesson(50, 0).key) is None
    drawn = memory.sample(np.random.default_rng(0), 40)
    assert sum(one.answer > 0.5 for one in drawn) == 10 and len(drawn) == 40


def test_a_key_stands_for_picture_and_sentence() -> None:
    picture = np.zeros((2, 4, 3), np.uint8)
    other = picture.copy()
    other[1, 1, 1] = 1
    turned = picture.reshape(4, 2, 3)
    keys = {key_of(picture, "a"), key_of(other, "a"), key_of(turned, "a"), key_of(picture, "b")}
    assert len(keys) == 4 and key_of(picture.copy(), "a") in keys


def test_agreement_counts_verdicts_both_ways() -> None:
    student = np.array([0.9, 0.2, 0.5, 0.1, 0.49], np.float32)
    teacher = np.array([0.8, 0.7, 0.4, 0.1, 0.5], np.float32)
    found = Agreement.between(student, teacher)
    assert (found.count, found.solved, found.missed, found.false_alarms) == (5, 3, 2, 1)
    assert found.mean_difference == pytest.approx((0.1 + 0.5 + 0.1 + 0 + 0.01) / 5, abs=1e-6)
    assert found.interval() == interval(3, 5)
    assert Agreement().interval() == (0.0, 1.0)


def test_trust_needs_numbers_and_both_verdicts() -> None:
    good = Agreement(count=200, mean_difference=0.03, margin=0.01, solved=20)
    assert verdicts_agree(good, 0.1, 5) and values_agree(good, 0.1)
    few = Agreement(count=9, mean_difference=0.03, margin=0.01, solved=4)
    assert not verdicts_agree(few, 0.1, 0) and not values_agree(few, 0.1)
    assert not verdicts_agree(Agreement(count=200, solved=0), 0.1, 5)
    assert verdicts_agree(Agreement(count=200, solved=0), 0.1, 0)
    assert not verdicts_agree(Agreement(count=200, solved=20, missed=4), 0.1, 5)
    assert not verdicts_agree(Agreement(count=200, solved=180, false_alarms=3), 0.1, 5)
    assert not values_agree(Agreement(count=200, mean_difference=0.08, margin=0.03), 0.1)
