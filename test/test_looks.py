"""Other looks at an episode's pictures: moved, repeatable, and for pi alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from learning_world import LATENT_SHAPE, make_record

from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.looks import Looks
from fmac_ros.learning.record import Record


class Columns:
    """Says where the brightest column of each picture's first half is: (n, 1, 1, 1)."""

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        half = pictures[:, :, : pictures.shape[2] // 2, 0].mean(1)  # (n, columns)
        return half.argmax(1).astype(np.float16).reshape(-1, 1, 1, 1)


def striped(steps: int = 30) -> Record:
    """A bright stripe in the middle of a picture of two cameras."""
    record = make_record(steps=steps)
    pictures = np.zeros((steps + 1, 32, 64, 3), np.uint8)
    pictures[:, :, 16] = 255
    episode = replace(record.episode, pictures=pictures)
    imagined = np.zeros((steps, 1, 1, 1), np.float16)
    labels = replace(record.labels, imagined=imagined)
    return Record(episode, labels, Columns().encode(pictures))


def test_other_looks_are_moved_a_little_each_state_by_itself() -> None:
    looks = Looks(Columns(), 4, seed=0).added(striped()).looks
    assert looks is not None and looks.shape == (3, 31, 1, 1, 1)
    moved = looks.ravel() - 16
    assert np.abs(moved).max() == 2 and len(np.unique(moved)) == 5  # 6 % of 32 pixels
    assert not np.array_equal(looks[0], looks[1])


def test_an_episode_has_the_same_looks_whenever_it_is_read() -> None:
    record = striped()
    first, again, other = (Looks(Columns(), 3, seed).added(record).looks for seed in (0, 0, 1))
    assert first is not None and other is not None
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_one_look_is_the_record_itself() -> None:
    record = striped()
    assert Looks(Columns(), 1, seed=0).added(record) is record


def test_looks_are_for_the_policy_and_not_for_inverse_dynamics() -> None:
    def update(looks: np.ndarray | None) -> dict[str, float]:
        learner = Learner(LearnerConfig(batch_size=16, looks=2), LATENT_SHAPE, 2, 2, seed=0)
        for number in range(2):
            record = make_record(steps=20, seed=number)
            learner.add(
                record if looks is None else replace(record, looks=record.latents[None] + looks)
            )
        return learner.update(1)

    plain, looked = update(None), update(np.float16(3.0))
    for name in ("rho_loss", "rho_gradient", "advantage"):
        assert looked[name] == plain[name]
    assert looked["policy_loss"] != plain["policy_loss"]


def test_looks_that_are_no_looks_are_refused() -> None:
    record = striped()
    with pytest.raises(
        ValueError, match=r"looks has shape \(2, 30, 1, 1, 1\), valid here: \(2, 31"
    ):
        replace(record, looks=np.zeros((2, 30, 1, 1, 1), np.float16))
    with pytest.raises(ValueError, match="looks is 0, valid: a finite number of at least 1"):
        LearnerConfig(looks=0)
