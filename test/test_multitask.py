"""Several tasks in one policy: the sentence decides, wordings that were never trained on too."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from two_marks_world import BLUE, RED, SHAPE, UNSEEN, ThreeBlobs, TwoMarksWorld, embed

from fmac_ros.learning.algorithm import train
from fmac_ros.learning.algorithms import learner_config, make_learner
from fmac_ros.learning.config import TrainConfig
from fmac_ros.learning.sentences import Embed, Sentences
from fmac_ros.learning.store import RunStore

SETTINGS = {"batch_size": 64, "learning_rate": 1e-3, "averaging": 0.99, "next_latent_noise": 0.5}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def learned(folder: Path, algorithm: str, hear: Embed, env_steps: int = 900) -> TwoMarksWorld:
    """A world with the policy that was trained in it."""
    config = TrainConfig(
        task="; ".join((RED[0], BLUE[0])),
        algorithm=algorithm,
        env_steps=env_steps,
        seed_steps=200,
        play_horizon=15,
        horizon=15,
        seed_updates=400,
        updates_per_step=2.0,
        background=False,
    )
    world, sentences = TwoMarksWorld(), Sentences.embedded((RED, BLUE), hear)
    own = learner_config(algorithm, {**SETTINGS, "warm_start": 0})
    learner = make_learner(algorithm, own, SHAPE, 2, 2, 0, sentences=sentences)
    store = RunStore.create(folder, {})
    train(world, world, learner, ThreeBlobs(), store, config, (world,))
    store.close()
    return world


if __name__ == "__main__":
    import tempfile

    for a in ("fmac", "fac"):
        for h in (embed, lambda s: np.ones(24, np.float32)):
            t = time.time()
            w = learned(Path(tempfile.mkdtemp()) / "x", a, h)
            print(a, [w.solved(s) for s in (*RED, *BLUE, *UNSEEN)], time.time() - t)
