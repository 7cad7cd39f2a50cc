"""Algorithm 1 solves a trivial world, resumes exactly and stops cleanly."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from learning_world import LATENT_SHAPE, PointEncoder, PointWorld

from fmac_ros.learning.algorithm import Stopped, train
from fmac_ros.learning.config import LearnerConfig, TrainConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.progress import Progress, Subscriber
from fmac_ros.learning.store import RunStore
from fmac_ros.types import Episode, RolloutSpec

CONFIG = TrainConfig(
    task="move onto the mark",
    env_steps=600,
    seed_steps=150,
    play_horizon=15,
    horizon=15,
    seed_updates=200,
    background=False,
)
SHORT = replace(
    CONFIG,
    env_steps=100,
    seed_steps=40,
    play_horizon=10,
    horizon=10,
    checkpoint_every=3,
    seed_updates=20,
    updates_per_step=0.5,
)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def run(
    folder: Path,
    config: TrainConfig,
    world: PointWorld | None = None,
    hooks: tuple[Subscriber, ...] = (),
    stop: threading.Event | None = None,
    objective: str = "literal",
) -> tuple[PointWorld, Learner, Progress]:
    """Start a run in ``folder``, or resume the one that is there."""
    world = world or PointWorld()
    learner = Learner(
        # A run of a minute's length: the averages of a long one would lag behind it.
        LearnerConfig(
            objective=objective,
            batch_size=32,
            learning_rate=1e-3,
            averaging=0.99,
            next_latent_noise=0.5,
        ),
        LATENT_SHAPE,
        2,
        2,
        config.seed,
    )
    exists = (folder / "config.json").exists()
    store = RunStore.open(folder) if exists else RunStore.create(folder, {})
    try:
        progress = train(
            world, world, learner, PointEncoder(), store, config, (world, *hooks), stop
        )
    finally:
        store.close()
    return world, learner, progress


def success_rate(world: PointWorld, behaviour: str = "policy", episodes: int = 50) -> float:
    """Share of unseen layouts solved without exploration noise."""
    specs = (
        RolloutSpec(f"e{seed}", "t", behaviour, 20, 10_000 + seed, deterministic=True)
        for seed in range(episodes)
    )
    return float(np.mean([world.rollout(spec).terminated for spec in specs]))


@pytest.mark.parametrize(
    "objective", ["literal", pytest.param("stabilised", marks=pytest.mark.slow)]
)
def test_a_trivial_world_is_solved(tmp_path: Path, objective: str) -> None:
    world, _, progress = run(tmp_path / "run", CONFIG, objective=objective)
    assert progress.state == "done" and progress.env_steps >= 600
    assert progress.updates == CONFIG.updates_due(progress.env_steps)
    assert success_rate(world) >= 0.9


def test_in_the_background_it_is_solved_as_well(tmp_path: Path) -> None:
    world, _, progress = run(tmp_path / "run", replace(CONFIG, background=True))
    assert progress.updates == CONFIG.updates_due(progress.env_steps)
    assert success_rate(world) >= 0.8


class Interrupt(PointWorld):
    """Ends the run in the middle of an episode."""

    def __init__(self, after: int, error: Exception) -> None:
        super().__init__()
        self._left, self._error = after, error

    def rollout(self, spec: RolloutSpec) -> Episode:
        """Fail once ``after`` episodes were run."""
        if self._left == 0:
            raise self._error
        self._left -= 1
        return super().rollout(spec)


@pytest.mark.parametrize("after", [0, 7])
def test_resume_is_exact_after_a_stop_and_after_a_crash(tmp_path: Path, after: int) -> None:
    _, whole, _ = run(tmp_path / "whole", SHORT)
    _, _, stopped = run(tmp_path / "stopped", SHORT, Interrupt(after, Stopped()))
    assert stopped.state == "stopped" and stopped.episodes == after
    with pytest.raises(OSError, match="cable"):
        run(tmp_path / "crashed", SHORT, Interrupt(after, OSError("cable")))
    for name in ("stopped", "crashed"):
        _, resumed, progress = run(tmp_path / name, SHORT)
        assert progress.finished
        assert resumed.state() == whole.state()


def test_hooks_see_every_episode_in_order_and_states_in_turn(tmp_path: Path) -> None:
    class Log(Subscriber):
        episodes: list[Episode] = []
        states: list[str] = []

        def on_episode(self, episode: Episode, progress: Progress) -> None:
            self.episodes.append(episode)
            assert progress.episodes == len(self.episodes)

        def on_progress(self, progress: Progress) -> None:
            self.states.append(progress.state)

    _, _, progress = run(tmp_path / "run", SHORT, hooks=(Log(),))
    assert [e.id for e in Log.episodes[:2]] == ["000001", "000002"]
    assert Log.states[:4] == ["collecting", "imagining", "training", "collecting"]
    assert Log.states[-1] == "done"
    played = sum(e.steps for e in Log.episodes if e.behaviour == "random")
    assert 40 <= played < 50
    assert progress.successes == sum(e.terminated for e in Log.episodes)


def test_a_stop_event_ends_the_run_after_the_episode(tmp_path: Path) -> None:
    stop = threading.Event()

    class StopAtTwo(Subscriber):
        def on_episode(self, episode: Episode, progress: Progress) -> None:
            if progress.episodes == 2:
                stop.set()

    _, _, progress = run(tmp_path / "run", SHORT, hooks=(StopAtTwo(),), stop=stop)
    assert (progress.state, progress.episodes) == ("stopped", 2)


def test_a_stop_while_resuming_changes_nothing_that_is_stored(tmp_path: Path) -> None:
    folder, stop = tmp_path / "run", threading.Event()
    run(folder, SHORT, Interrupt(7, Stopped()))
    stored = {path: path.read_bytes() for path in folder.rglob("*.*")}

    class StopAtThree(Subscriber):
        states: list[tuple[str, int, float]] = []

        def on_progress(self, progress: Progress) -> None:
            self.states.append((progress.state, progress.episodes, progress.remaining_s))
            if progress.episodes == 3:
                stop.set()

    _, _, progress = run(folder, SHORT, hooks=(StopAtThree(),), stop=stop)
    assert StopAtThree.states[:4] == [("resuming", episode, 0.0) for episode in range(4)]
    assert StopAtThree.states[4][:2] == (progress.state, progress.episodes) == ("stopped", 7)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == stored


def test_prior_behaviour_acts_with_rho_on_imagination(tmp_path: Path) -> None:
    world, _, _ = run(tmp_path / "run", replace(CONFIG, behaviour="prior"))
    assert success_rate(world, "prior") >= 0.9
