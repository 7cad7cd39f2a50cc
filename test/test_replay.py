"""What goes into the replay buffer comes out of it, transition by transition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from learning_world import LATENT_SHAPE, make_record

from fmac_ros.learning.memory import allocate
from fmac_ros.learning.record import Record
from fmac_ros.learning.replay import ReplayBuffer


def test_a_longer_span_reaches_further_but_never_past_the_end() -> None:
    buffer = ReplayBuffer(100, LATENT_SHAPE, 2, 2, span=3)
    record = make_record()
    buffer.add(record)
    steps = record.episode.steps
    everything = buffer.everything()
    for index in range(steps):
        reached = record.latents[min(index + 3, steps)].astype(np.float32)
        np.testing.assert_array_equal(everything.reached[index].numpy(), reached)
        following = record.latents[index + 1].astype(np.float32)
        np.testing.assert_array_equal(everything.next_latents[index].numpy(), following)


def test_a_state_is_seen_in_every_look_and_in_no_other_state_of_it() -> None:
    buffer, record = ReplayBuffer(100, LATENT_SHAPE, 2, 2, looks=3), make_record()
    looks = np.stack([record.latents + 100, record.latents + 200])
    buffer.add(replace(record, looks=looks))
    index = np.repeat(np.arange(record.episode.steps), 60)
    seen = buffer.seen(index, np.random.default_rng(0)).numpy()
    added = seen - record.latents[index].astype(np.float32)
    look = np.rint(added / 100).astype(int)
    np.testing.assert_allclose(added, 100 * look, atol=0.1)  # float16 of numbers up to 200
    shares = np.bincount(look[:, 0, 0, 0], minlength=3) / len(index)
    assert (look == look[:, :1, :1, :1]).all()
    np.testing.assert_allclose(shares, 1 / 3, atol=0.1)


def test_a_record_without_looks_is_seen_as_it_is() -> None:
    buffer, record = ReplayBuffer(100, LATENT_SHAPE, 2, 2, looks=3), make_record()
    buffer.add(record)
    index = np.tile(np.arange(record.episode.steps), 20)
    seen = buffer.seen(index, np.random.default_rng(0))
    np.testing.assert_array_equal(seen.numpy(), record.latents[index])


def test_another_number_of_looks_is_refused() -> None:
    buffer, record = ReplayBuffer(100, LATENT_SHAPE, 2, 2, looks=3), make_record()
    with pytest.raises(ValueError, match="has 1 other looks, valid in this run: 2"):
        buffer.add(replace(record, looks=record.latents[None]))


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


def test_looking_ahead_stops_at_the_end_of_the_episode() -> None:
    buffer = make_buffer(capacity=23)
    for seed in range(8):  # the ring wraps, old ends lie between new episodes
        buffer.add(make_record(steps=2 + seed % 5, seed=seed))
    record = make_record(steps=6, seed=99)
    buffer.add(record)
    every = buffer.draw(1000, np.random.default_rng(0))
    actions = buffer.gather(every).actions.numpy()
    for step, action in enumerate(record.episode.actions):
        index = every[(actions == action).all(1)][:1]
        ahead = buffer.look_ahead(index, 4)
        end = min(step + 4, 6)
        assert ahead.steps.item() == end - step
        assert ahead.claimed.item() == (end == 6)
        np.testing.assert_array_equal(ahead.latents[0].numpy(), record.latents[end])
        np.testing.assert_array_equal(ahead.proprio[0].numpy(), record.episode.proprio[end])
        assert ahead.values.item() == record.labels.values[end]


def test_a_memory_mapped_buffer_gives_the_same(tmp_path: Path) -> None:
    plain, mapped = make_buffer(), ReplayBuffer(100, LATENT_SHAPE, 2, 2, 1000, tmp_path)
    assert isinstance(mapped._latents, np.memmap) and not isinstance(plain._latents, np.memmap)
    for seed in range(30):
        for buffer in (plain, mapped):
            buffer.add(make_record(steps=2 + seed % 5, seed=seed))
    first, second = (b.sample(32, np.random.default_rng(0)) for b in (plain, mapped))
    for name in vars(first):
        assert (getattr(first, name) == getattr(second, name)).all(), name
    assert not list(tmp_path.iterdir())  # the file has no name, nothing to clear away


def test_no_room_for_the_mapped_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        allocate((2**60,), np.float16, 1000, tmp_path)


def test_it_takes_no_more_than_the_observations_themselves() -> None:
    """At the sizes of a real run, full of episodes of many lengths."""
    shape, steps = (8, 8, 16), [5 + n % 36 for n in range(40)]
    observed = 64 * 128 * 3 + 6 * 4  # bytes: two cameras side by side, proprio as float32
    buffer = ReplayBuffer(sum(n + 1 for n in steps), shape, 6, 3, looks=4)
    for n in steps:
        record = make_record(steps=n)
        episode = replace(
            record.episode,
            proprio=np.zeros((n + 1, 6), np.float32),
            actions=np.zeros((n, 3), np.float32),
        )
        labels = replace(record.labels, imagined=np.zeros((n, *shape), np.float16))
        buffer.add(Record(episode, labels, np.zeros((n + 1, *shape), np.float16)))
    assert len(buffer) == sum(steps)
    assert buffer.nbytes <= 1.1 * buffer.capacity * observed


def test_errors_say_what_fits() -> None:
    buffer = make_buffer(capacity=10)
    with pytest.raises(ValueError, match="empty"):
        buffer.sample(1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="replay_capacity"):
        buffer.add(make_record(steps=10))
    with pytest.raises(ValueError, match="valid in this run"):
        ReplayBuffer(10, LATENT_SHAPE, 3, 2).add(make_record())
