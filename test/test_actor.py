"""Actions are bounded and repeatable, and foreign bytes never act."""

from __future__ import annotations

import numpy as np
import pytest
from learning_world import LATENT_SHAPE

from fmac_ros.learning.actor import Actor, RandomPlay
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.tensors import FormatError, pack

LATENT = np.zeros(LATENT_SHAPE, np.float16)
PROPRIO = np.zeros(2, np.float32)


@pytest.fixture(scope="module")
def data() -> bytes:
    return Learner(LearnerConfig(), LATENT_SHAPE, 2, 2, seed=0).parameters()


def test_actions_are_bounded_and_follow_the_generator(data: bytes) -> None:
    actor = Actor.from_bytes(data)
    assert actor.version == 0 and actor.action_size == 2
    drawn = [actor.act(LATENT, PROPRIO, False, np.random.default_rng(s)) for s in range(50)]
    assert np.abs(drawn).max() <= 1 and np.std(drawn) > 0.1
    again = actor.act(LATENT, PROPRIO, False, np.random.default_rng(7))
    np.testing.assert_array_equal(again, drawn[7])
    assert again.dtype == np.float32


def test_deterministic_actions_ignore_the_generator(data: bytes) -> None:
    actor = Actor.from_bytes(data)
    rng = np.random.default_rng(0)
    first, second = (actor.act(LATENT, PROPRIO, True, rng) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    inferred = [actor.infer(LATENT, PROPRIO, LATENT, True, rng) for _ in range(2)]
    np.testing.assert_array_equal(*inferred)


def test_non_finite_input_is_refused(data: bytes) -> None:
    broken = np.full_like(PROPRIO, np.nan)
    with pytest.raises(ValueError, match="not finite"):
        Actor.from_bytes(data).act(LATENT, broken, True, np.random.default_rng(0))


def test_foreign_bytes_are_refused(data: bytes) -> None:
    for foreign in (b"", b"not safetensors", data[:-100], pack("other/1", {}, {})):
        with pytest.raises(FormatError):
            Actor.from_bytes(foreign)
    with pytest.raises(FormatError, match="do not say their sizes"):
        Actor.from_bytes(pack("fmac_ros.parameters/1", {}, {}))


def test_random_play_holds_directions_and_covers_all_of_them() -> None:
    play = RandomPlay(3, np.random.default_rng(0))
    actions = np.stack([play.act() for _ in range(2000)])
    assert np.abs(actions).max() <= 1
    assert np.abs(actions.mean(0)).max() < 0.1
    correlation = np.corrcoef(actions[1:].ravel(), actions[:-1].ravel())[0, 1]
    assert 0.5 < correlation < 0.95
