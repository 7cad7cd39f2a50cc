"""Several tasks in one policy: the sentence decides, wordings that were never trained on too."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from learning_world import make_record
from two_marks_world import BLUE, RED, SHAPE, UNSEEN, ThreeBlobs, TwoMarksWorld, embed

from fmac_ros.chooser import Chooser
from fmac_ros.learning.actor import Actor
from fmac_ros.learning.algorithm import train
from fmac_ros.learning.algorithms import learner_config, make_learner
from fmac_ros.learning.base_learner import BaseLearner
from fmac_ros.learning.config import TrainConfig
from fmac_ros.learning.parameters import unpack_parameters
from fmac_ros.learning.sentences import Embed, Sentences
from fmac_ros.learning.store import RunStore
from fmac_ros.learning.tensors import FormatError, pack, unpack
from fmac_ros.types import RolloutSpec

BOTH = Sentences.embedded((RED, BLUE), embed)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def learned(folder: Path, hear: Embed) -> TwoMarksWorld:
    """A world with the policy that was trained in it."""
    config = TrainConfig(
        task="; ".join((RED[0], BLUE[0])),
        env_steps=450,
        seed_steps=250,
        play_horizon=15,
        horizon=15,
        seed_updates=300,
        updates_per_step=1.0,
        background=False,
    )
    own = learner_config("fmac", {"learning_rate": 1e-3, "averaging": 0.98, "batch_size": 32})
    sentences = Sentences.embedded((RED, BLUE), hear)
    world = TwoMarksWorld()
    learner = make_learner("fmac", own, SHAPE, 2, 2, 0, sentences=sentences)
    store = RunStore.create(folder, {})
    train(world, world, learner, ThreeBlobs(), store, config, (world,))
    store.close()
    return world


def test_the_sentence_decides_even_in_a_wording_never_trained_on(tmp_path: Path) -> None:
    world = learned(tmp_path, embed)
    asked = Counter(world.asked)
    assert set(asked) == {*RED, *BLUE}, "training asks in every trained wording, in no other"
    reds = sum(asked[text] for text in RED)
    assert abs(2 * reds - asked.total()) <= 1, "tasks take turns"
    assert min(world.solved(text) for text in (*RED, *BLUE)) >= 0.8
    assert min(world.solved(text) for text in UNSEEN) >= 0.8


def test_a_policy_that_hears_nothing_cannot_do_both(tmp_path: Path) -> None:
    world = learned(tmp_path, lambda sentence: np.ones(24, np.float32))
    assert sum(world.solved(texts[0]) for texts in (RED, BLUE)) < 1.0


def make(algorithm: str, seed: int = 0, sentences: Sentences | None = BOTH) -> BaseLearner:
    """A learner with an episode about each of two sentences."""
    noisy = {"latent_noise": 0.5, "kl_weight": "certain"}  # neither changes what a sentence is
    config = learner_config(algorithm, {"batch_size": 16, "choose_by_q": True, **noisy})
    learner = make_learner(algorithm, config, (2, 6, 6), 2, 2, seed, sentences=sentences)
    for number, text in enumerate((RED[1], BLUE[0])):
        learner.add(make_record(steps=20, seed=number, task=text))
    return learner


@pytest.mark.parametrize("algorithm", ["fmac", "fac"])
def test_every_step_is_learned_with_its_own_sentence(algorithm: str) -> None:
    learner = make(algorithm)
    index = np.array([0, 19, 21, 40])  # of the first episode, and of the second
    assert learner.replay.gather(index).sentences.tolist() == [1, 1, 2, 2]
    learner.update(4)
    for module in learner.modules().values():
        told = torch.from_numpy(BOTH.embeddings[[0, 2]])
        if hasattr(module.trunk, "film"):
            answers = module.trunk.film(torch.ones(2, module.trunk.look.size), told)
            assert not torch.equal(*answers), "a sentence changes something"


@pytest.mark.parametrize("algorithm", ["fmac", "fac"])
def test_state_and_parameters_come_back_with_their_sentences(algorithm: str) -> None:
    whole, first, resumed = make(algorithm), make(algorithm), make(algorithm, seed=3)
    whole.update(5)
    first.update(2)
    resumed.load_state(first.state())
    resumed.update(3)
    assert resumed.state() == whole.state() and resumed.parameters() == whole.parameters()
    found = unpack_parameters(whole.parameters()).sentences
    assert found is not None and found.tasks == (RED, BLUE)
    assert np.array_equal(found.embeddings, BOTH.embeddings)
    with pytest.raises(FormatError, match="missing"):
        resumed.load_state(make(algorithm, sentences=None).state())


def test_parameters_whose_sentences_are_damaged_are_refused() -> None:
    arrays, metadata = unpack("fmac_ros.parameters/1", make("fmac").parameters(), "test")
    for wrong in ({"sentences": [["only one"]]}, {"sentences": 3}):
        with pytest.raises(FormatError, match="policy parameters"):
            unpack_parameters(pack("fmac_ros.parameters/1", arrays, {**metadata, **wrong}))


def spec(text: str) -> RolloutSpec:
    return RolloutSpec("1", text, "policy", 5, 0, deterministic=True)


def test_the_text_encoder_is_asked_about_new_wordings_alone() -> None:
    learner = make("fmac")
    learner.update(3)
    actor = Actor.from_bytes(learner.parameters())
    state = np.zeros((2, 6, 6), np.float16), np.zeros(2, np.float32), None
    heard: list[str] = []

    def listening(sentence: str) -> np.ndarray:
        heard.append(sentence)
        return embed(sentence)

    def action(text: str) -> np.ndarray:
        return Chooser(spec(text), lambda: actor, 2, embed=listening).choose(*state)

    assert not np.array_equal(action(RED[0]), action(BLUE[0])) and not heard
    assert not np.array_equal(action(UNSEEN[0]), action(UNSEEN[1])) and heard == [*UNSEEN]
    with pytest.raises(ValueError, match="'visit red' was not trained on"):
        Chooser(spec(UNSEEN[0]), lambda: actor, 2).choose(*state)
    with pytest.raises(ValueError, match="was told none"):
        actor.act(state[0], state[1], True, np.random.default_rng(0))


@pytest.mark.parametrize("algorithm", ["fmac", "fac"])
def test_one_task_has_the_networks_that_it_always_had(algorithm: str) -> None:
    """What a single sentence trains, saves and draws must not move with several in the code."""
    learner = make(algorithm, sentences=None)
    arrays, metadata = unpack("fmac_ros.parameters/1", learner.parameters(), "test")
    assert not [name for name in arrays if "film" in name or "sentence" in name]
    assert set(metadata) == {"version", "latent_shape", "proprio_size", "action_size"}
    # Numbers of weights, and the sum of their sizes, without several in the code.
    kept = {"policy": (124_787, 4417.564613), "rho": (77_581, 3203.708303)}
    kept |= {"critic": (390_513, 13689.846077)} if algorithm == "fac" else {}
    for part, (count, total) in kept.items():
        own = [array for name, array in arrays.items() if name.startswith(f"{part}.")]
        assert sum(array.size for array in own) == count
        found = sum(float(np.abs(array.astype(np.float64)).sum()) for array in own)
        assert found == pytest.approx(total, rel=1e-7)


def test_sentences_say_what_is_wrong_with_them() -> None:
    with pytest.raises(ValueError, match="'visit red' is not trained on, valid: go to red, move"):
        BOTH.index("visit red")
    with pytest.raises(ValueError, match="all different"):
        Sentences.embedded((RED, RED), embed)
    with pytest.raises(ValueError, match="one or more a task"):
        Sentences.embedded((RED, ()), embed)
    with pytest.raises(ValueError, match=r"valid for 4 sentences: \(4, d\)"):
        Sentences((RED, BLUE), np.zeros((3, 24), np.float32))
    with pytest.raises(ValueError, match="finite numbers only"):
        Sentences((RED,), np.full((2, 24), np.nan, np.float32))
