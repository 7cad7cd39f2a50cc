"""What goes into the replay buffer comes out of it, transition by transition."""

from __future__ import annotations

import numpy as np
import pytest
from learning_world import LATENT_SHAPE, make_record

from fmac_ros.learning.replay import ReplayBuffer


def make_buffer(capacity: int = 100) -> ReplayBuffer:
    return ReplayBuffer(capacity, LATENT_SHAPE, 2, 2)


def test_transitions_come_back_as_they_went_in() -> None:
    buffer, record = make_buffer(), make_record(steps=4, behaviour="random")
    buffer.add(record)
    batch = buffer.everything()
    np.testing.assert_array_equal(batch.latents.numpy(), record.latents[:-1])
    np.testing.assert_array_equal(batch.next_latents.numpy(), record.latents[1:])
    np.testing.assert_array_equal(batch.imagined.numpy(), record.labels.imagined)
    np.testing.assert_array_equal(batch.actions.numpy(), record.episode.actions)
    np.testing.assert_array_equal(batch.proprio.numpy(), record.episode.proprio[:-1])
    np.testing.assert_array_equal(batch.values.numpy(), record.labels.values[:-1])
    np.testing.assert_array_equal(batch.next_values.numpy(), record.labels.values[1:])
    np.testing.assert_array_equal(batch.next_successes.numpy(), record.labels.successes[1:])
    assert (batch.purposeful == 0).all()


def test_no_transition_crosses_episodes_even_when_the_ring_wraps() -> None:
    buffer = make_buffer(capacity=23)
    valid = {}
    for seed in range(30):
        record = make_record(steps=2 + seed % 5, seed=seed)
        buffer.add(record)
        for step, action in enumerate(record.episode.actions):
            valid[action.tobytes()] = (record.latents[step], record.latents[step + 1])
        batch = buffer.everything()
        assert 0 < len(buffer) < 23
        for i, action in enumerate(batch.actions.numpy()):
            before, after = valid[action.tobytes()]
            np.testing.assert_array_equal(batch.latents[i].numpy(), before)
            np.testing.assert_array_equal(batch.next_latents[i].numpy(), after)


def test_the_same_seed_draws_the_same_batch() -> None:
    buffer = make_buffer()
    buffer.add(make_record(steps=30))
    first = buffer.sample(16, np.random.default_rng(7))
    again = buffer.sample(16, np.random.default_rng(7))
    assert (first.actions == again.actions).all()


def test_errors_say_what_fits() -> None:
    buffer = make_buffer(capacity=10)
    with pytest.raises(ValueError, match="empty"):
        buffer.sample(1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="replay_capacity"):
        buffer.add(make_record(steps=10))
    with pytest.raises(ValueError, match="valid in this run"):
        ReplayBuffer(10, LATENT_SHAPE, 3, 2).add(make_record())
