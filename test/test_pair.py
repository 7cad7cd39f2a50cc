"""Two tasks in turn: a success hands over, a failure does not, both are learned and resumed."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from learning_world import LATENT_SHAPE, STEP, PointEncoder, PointWorld, near
from test_algorithm import CONFIG

from fmac_ros.learning.actor import Actor, RandomPlay
from fmac_ros.learning.algorithm import Stopped
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.pair import check_pair, side_folder, train_pair
from fmac_ros.learning.progress import Subscriber
from fmac_ros.learning.run import Run
from fmac_ros.learning.store import RunStore

MARKS = {"move to the left": np.array([-0.6, 0.1]), "move to the right": np.array([0.6, -0.1])}
TASKS = tuple(MARKS)
QUICK = replace(CONFIG, env_steps=90, seed_steps=30, seed_updates=2, updates_per_step=0.05)


class Table(PointWorld):
    """A world that nobody resets: the point stays where the last episode has left it."""

    def __init__(self):
        super().__init__()
        self.point = np.array([0.0, 0.0])
        self.actors, self.turns, self.played = [None, None], [], []
        self.stop_after = None

    def turn(self, index):
        self.turns.append(index)
        self._actor = self.actors[index]

    def hook(self, index):
        world = self

        class Hook(Subscriber):
            def on_parameters(self, version, data):
                world.actors[index] = Actor.from_bytes(data)
                if world.turns and world.turns[-1] == index:
                    world._actor = world.actors[index]

        return Hook()

    def _decide(self, spec, point, mark, rng):
        """Two episodes of three go well, with whatever is learned."""
        assert self._actor is not None
        return np.clip((mark - point) / STEP, -1, 1) if len(self.played) % 3 else np.zeros(2)

    def rollout(self, spec):
        if self.stop_after is not None and len(self.played) == self.stop_after:
            raise Stopped
        rng, mark = np.random.default_rng(spec.seed), MARKS[spec.task]
        play, points, actions = RandomPlay(2, rng), [self.point], []
        while len(actions) < spec.horizon and not (
            spec.behaviour != "random" and near(points[-1], mark)
        ):
            random = spec.behaviour == "random"
            action = play.act() if random else self._decide(spec, points[-1], mark, rng)
            actions.append(action)
            points.append(np.clip(points[-1] + STEP * action, -1, 1))
        self.point = points[-1]
        episode = self._episode(spec, mark, points, actions)
        self.played.append((spec.task, spec.behaviour, episode.terminated, episode.steps))
        return episode


def _runs(world, folder, config, resume=False):
    runs = []
    for index, task in enumerate(TASKS):
        place = side_folder(folder, task)
        store = RunStore.open(place) if resume else RunStore.create(place, {"task": task})
        learner = Learner(LearnerConfig(), LATENT_SHAPE, 2, 2, seed=index)
        hooks = (world.hook(index),)
        runs.append(Run(learner, store, replace(config, task=task), PointEncoder(), hooks))
    return runs


def _train(world, runs, stop=None):
    return train_pair(runs, world, world, world.turn, stop)


def test_a_success_hands_over_and_a_failure_does_not(tmp_path):
    world = Table()
    both = _train(world, _runs(world, tmp_path, QUICK))
    assert all(progress.finished and progress.state == "done" for progress in both)
    played = world.played
    ends = {(task, solved) for task, kind, solved, _ in played if kind == "policy"}
    assert {(task, True) for task in TASKS} < ends, "both come to be solved"
    for (task, behaviour, solved, _), (after, *_) in zip(played[:-1], played[1:], strict=True):
        handed_over = behaviour == "random" or solved
        assert (after != task) == handed_over
    assert not any(steps == 0 for *_, steps in played)


def test_a_pair_is_resumed_where_it_was(tmp_path):
    world = Table()
    world.stop_after = 15
    first = _runs(world, tmp_path, QUICK)
    stopped = _train(world, first)
    for run in first:
        run._store.close()
    assert [progress.state for progress in stopped] == ["stopped"] * 2
    for task in TASKS:
        assert len(list(RunStore.open(side_folder(tmp_path, task), False).records())) > 0
    counts = [progress.episodes for progress in stopped]
    assert sum(counts) == 15
    again = Table()
    runs = _runs(again, tmp_path, QUICK, resume=True)
    done = _train(again, runs)
    assert all(progress.finished for progress in done)
    assert sum(progress.episodes for progress in done) == 15 + len(again.played)
    behind = min((0, 1), key=lambda i: stopped[i].env_steps)
    assert again.turns[0] == behind, "the one with fewer steps goes first"


def test_it_stops_when_it_is_asked_to(tmp_path):
    world, stop = Table(), threading.Event()
    stop.set()
    both = _train(world, _runs(world, tmp_path, CONFIG), stop)
    assert not world.played and {progress.state for progress in both} == {"stopped"}


@pytest.mark.parametrize("paired", ["", "move", "Move!"])
def test_two_sentences_that_are_the_same_are_refused(paired):
    with pytest.raises(ValueError, match="another sentence"):
        check_pair("move", paired)
