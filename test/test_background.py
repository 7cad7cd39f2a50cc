"""The learner in its thread: does what is due, answers between updates, hands errors on."""

from __future__ import annotations

import pytest
import torch
from learning_world import LATENT_SHAPE, make_record

from fmac_ros.learning.background import BackgroundLearner
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def make_learner() -> Learner:
    return Learner(LearnerConfig(batch_size=8), LATENT_SHAPE, 2, 2, seed=0)


def test_updates_reach_the_target_and_are_published() -> None:
    versions: list[int] = []
    background = BackgroundLearner(
        make_learner(), lambda version, _: versions.append(version), publish_every=4
    )
    background.add(make_record())
    background.train_to(10)
    assert background.updates == 10
    assert background.metrics["rho_loss"] != 0
    background.close()
    assert versions == [0, 4, 8, 10]


def test_train_to_returns_within_the_lag_and_catches_up() -> None:
    background = BackgroundLearner(make_learner(), lambda *_: None)
    background.add(make_record())
    background.train_to(60, lag=60)
    background.train_to(60)
    assert background.updates == 60
    background.close()


def test_background_gives_the_same_weights_as_direct_updates() -> None:
    direct = make_learner()
    direct.add(make_record())
    direct.update(12)
    background = BackgroundLearner(make_learner(), lambda *_: None)
    background.add(make_record())
    background.train_to(12)
    state, parameters = background.checkpoint()
    background.close()
    assert state == direct.state() and parameters == direct.parameters()


def test_an_error_in_an_update_reaches_the_caller() -> None:
    learner = make_learner()
    background = BackgroundLearner(learner, lambda *_: None)
    with pytest.raises(RuntimeError, match="the learner stopped: no episode"):
        background.train_to(1)
    with pytest.raises(RuntimeError, match="the learner stopped"):
        background.add(make_record())
    background.close()


def test_an_error_in_a_request_does_not_stop_the_learner() -> None:
    background = BackgroundLearner(make_learner(), lambda *_: None)
    with pytest.raises(ValueError, match="replay_capacity"):
        background.add(make_record(steps=60_000))
    background.add(make_record())
    background.train_to(1)
    background.close()
    with pytest.raises(RuntimeError, match="closed"):
        background.train_to(2)
