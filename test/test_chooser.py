"""Who chooses the action of a step."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.chooser import Chooser
from fmac_ros.learning.actor import Actor
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.fac import FacLearner
from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.types import RolloutSpec

LATENT, PROPRIO = np.zeros((8, 8, 16), np.float16), np.zeros(6, np.float32)


@pytest.fixture(scope="module")
def actor() -> Actor:
    return Actor.from_bytes(Learner(LearnerConfig(), (8, 8, 16), 6, 3, seed=0).parameters())


def spec(behaviour: str, seed: int = 0, deterministic: bool = False) -> RolloutSpec:
    return RolloutSpec("1", "t", behaviour, 5, seed, deterministic)


def test_random_play_needs_nothing() -> None:
    chooser = Chooser(spec("random"), lambda: None, 7)
    assert chooser.ready and not chooser.needs_latent and chooser.version == 0
    assert chooser.choose(LATENT, PROPRIO, None).shape == (7,)


def test_equal_seeds_choose_equally(actor: Actor) -> None:
    for behaviour in ("random", "policy"):
        actions = [
            Chooser(spec(behaviour, seed), lambda: actor, 3).choose(LATENT, PROPRIO, None)
            for seed in (1, 1, 2)
        ]
        assert np.array_equal(actions[0], actions[1])
        assert not np.array_equal(actions[0], actions[2])


def test_deterministic_policy_takes_the_mean(actor: Actor) -> None:
    chooser = Chooser(spec("policy", deterministic=True), lambda: actor, 3)
    first, second = (chooser.choose(LATENT, PROPRIO, None) for _ in range(2))
    assert np.array_equal(first, second)


def test_prior_behaviour_looks_at_the_imagined_frame(actor: Actor) -> None:
    chooser = Chooser(spec("prior", deterministic=True), lambda: actor, 3)
    assert chooser.needs_imagined
    imagined = np.random.default_rng(0).normal(size=(2, 8, 8, 16)).astype(np.float16)
    first, second = (chooser.choose(LATENT, PROPRIO, frame) for frame in imagined)
    assert not np.array_equal(first, second)


def test_a_critic_chooses_between_policy_and_video() -> None:
    config = FacConfig(choose_by_q=True)
    both = Actor.from_bytes(FacLearner(config, (8, 8, 16), 6, 3, seed=0).parameters())
    chooser = Chooser(spec("policy", deterministic=True), lambda: both, 3)
    assert chooser.needs_imagined
    assert not Chooser(spec("random"), lambda: both, 3).needs_imagined
    rng = np.random.default_rng(0)
    expected = both.choose(LATENT, PROPRIO, LATENT, True, rng)
    assert np.array_equal(chooser.choose(LATENT, PROPRIO, LATENT), expected)
    follower = Chooser(spec("prior", deterministic=True), lambda: both, 3)
    expected = both.infer(LATENT, PROPRIO, LATENT, True, rng)
    assert np.array_equal(follower.choose(LATENT, PROPRIO, LATENT), expected)


def test_policy_waits_for_its_version(actor: Actor) -> None:
    assert not Chooser(spec("policy"), lambda: None, 3).ready
    assert Chooser(spec("policy"), lambda: actor, 3).ready
    assert not Chooser(spec("policy"), lambda: actor, 3, min_version=actor.version + 1).ready
    with pytest.raises(ValueError, match="no policy parameters"):
        Chooser(spec("policy"), lambda: None, 3).choose(LATENT, PROPRIO, None)
