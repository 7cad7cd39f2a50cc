"""Who chooses the action of a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from fmac_ros.chooser import Chooser
from fmac_ros.learning.actor import Actor
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.fac import FacLearner
from fmac_ros.learning.fac_config import FacConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.networks import Gaussian
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


class Fond:
    """A critic that likes the first component to be large, or small."""

    def __init__(self, sign: float) -> None:
        self._sign = sign

    def features(self, *state: object) -> Tensor:
        return torch.zeros(1, 1)

    def values(self, features: Tensor, actions: Tensor) -> Tensor:
        return self._sign * actions[:, :1].expand(-1, 2)


def plain(lean: float = 0.0, critic: Fond | None = None) -> Actor:
    """An actor of four components whose means and noise are known."""
    pi = Gaussian(torch.tensor([[0.0, 0.0, 0.0, lean]]), torch.full((1, 4), 0.1))
    rho = Gaussian(torch.full((1, 4), 0.1), torch.full((1, 4), 0.1))
    return Actor(lambda *_: pi, lambda *_: rho, 1, critic)  # type: ignore[arg-type]


def acts(
    asked: RolloutSpec,
    actor: Actor,
    steps: int = 1,
    switch: bool = True,
    openings: Sequence[float] = (),
) -> np.ndarray:
    """Actions of an episode in which the gripper is seen open, or these openings."""
    chooser = Chooser(asked, lambda: actor, 4, switch=switch)
    imagined = LATENT if chooser.needs_imagined else None
    return np.stack(
        [
            chooser.choose(LATENT, np.append(PROPRIO, np.float32(opening)), imagined)
            for opening in openings or [1.0] * steps
        ]
    )


@pytest.mark.parametrize("hold", [1, 3])
def test_the_noise_of_a_switch_is_held(hold: int) -> None:
    found = acts(replace(spec("policy"), gripper_hold=hold), plain(), 12)
    runs = found[:, -1].reshape(-1, hold)
    assert (runs == runs[:, :1]).all() and len(np.unique(runs[:, 0])) == len(runs)
    assert all(len(np.unique(column)) == 12 for column in found[:, :-1].T)


def test_what_is_no_switch_has_noise_of_its_own() -> None:
    found = acts(spec("policy"), plain(), 12, switch=False)
    assert len(np.unique(found[:, -1])) == 12


@pytest.mark.parametrize(("lean", "thrown"), [(0.1, 1.0), (-0.01, -1.0), (0.0, 0.0)])
def test_a_policy_without_noise_decides_on_its_switch(lean: float, thrown: float) -> None:
    sure = spec("policy", deterministic=True)
    assert acts(sure, plain(lean), 1).tolist() == [[0.0, 0.0, 0.0, thrown]]
    assert acts(sure, plain(lean), 1, switch=False)[0, -1] == np.float32(lean)


def test_without_noise_a_hand_that_closed_on_nothing_opens_for_four_steps() -> None:
    openings = [1.0, 0.4, 0.0, 0.5, 0.9, 1.0, 1.0, 0.4]
    sure = spec("policy", deterministic=True)
    assert acts(sure, plain(-0.2), openings=openings)[:, 3].tolist() == [-1, -1, 1, 1, 1, 1, -1, -1]
    unasked = acts(sure, plain(-0.2), switch=False, openings=openings)
    assert (unasked[:, 3] == np.float32(-0.2)).all()
    noisy = (acts(spec("policy"), plain(-0.2), openings=given) for given in (openings, [1.0] * 8))
    assert np.array_equal(*noisy), "in training noise opens it"


def test_without_noise_a_hand_that_holds_something_stays_closed() -> None:
    held = acts(spec("policy", deterministic=True), plain(-0.2), openings=[1.0, 0.6, 0.55, 0.06])
    assert held[:, 3].tolist() == [-1] * 4


def test_following_the_video_decides_nothing() -> None:
    followed = acts(spec("prior", deterministic=True), plain(), openings=[1.0, 0.0])
    assert followed.tolist() == [[np.float32(0.1)] * 4] * 2


@pytest.mark.parametrize(("sign", "taken"), [(-1.0, [0, 0, 0, 1]), (1.0, [0.1] * 4)])
def test_a_critic_is_asked_about_the_switch_as_it_would_be_thrown(
    sign: float, taken: list[float]
) -> None:
    found = acts(spec("policy", deterministic=True), plain(0.2, Fond(sign)), 1)
    np.testing.assert_allclose(found, [taken], atol=1e-6)


def test_a_hold_of_no_step_is_refused() -> None:
    with pytest.raises(ValueError, match="gripper_hold is 0 steps, valid: 1 or more"):
        replace(spec("policy"), gripper_hold=0)
