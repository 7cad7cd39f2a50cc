"""A run on disk survives crashes, full disks and strangers' files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from learning_world import make_record

from fmac_ros.learning.files import StoreError
from fmac_ros.learning.store import RunStore
from fmac_ros.learning.tensors import FormatError


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore.create(tmp_path / "run", {"task": "press"})


def test_episodes_come_back_exactly_and_in_order(store: RunStore) -> None:
    records = [make_record(steps=3 + n, seed=n) for n in range(3)]
    for record in records:
        store.add(record)
    for stored, record in zip(store.records(), records, strict=True):
        assert stored.episode.id == record.episode.id
        assert stored.episode.terminated and stored.episode.behaviour == "policy"
        for part in ("pictures", "proprio", "actions"):
            np.testing.assert_array_equal(
                getattr(stored.episode, part), getattr(record.episode, part)
            )
        np.testing.assert_array_equal(stored.labels.imagined, record.labels.imagined)
        np.testing.assert_array_equal(stored.latents, record.latents)
        assert stored.latents.dtype == np.float16


def test_learner_progress_and_settings_come_back(store: RunStore) -> None:
    assert store.learner_state() is None and store.progress() == {}
    with pytest.raises(StoreError, match="train first"):
        store.parameters()
    store.save_learner(b"state", b"parameters")
    store.save_progress({"episodes": 3})
    store.close()
    again = RunStore.open(store.folder)
    assert again.learner_state() == b"state" and again.parameters() == b"parameters"
    assert again.progress() == {"episodes": 3} and again.settings == {"task": "press"}


def test_a_truncated_or_foreign_episode_is_refused_by_name(store: RunStore) -> None:
    store.add(make_record())
    path = store.folder / "episodes" / "000001.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(FormatError, match="000001.safetensors is truncated"):
        list(store.records())
    path.write_bytes(b"\x80\x04pickle")
    with pytest.raises(FormatError, match="000001.safetensors"):
        list(store.records())


def test_an_interrupted_write_leaves_nothing_that_counts(store: RunStore) -> None:
    store.add(make_record())
    leftover = store.folder / "episodes" / "000002.safetensors.tmp"
    leftover.write_bytes(b"half")
    store.close()
    again = RunStore.open(store.folder)
    assert len(list(again.records())) == 1
    assert not leftover.exists()


def test_a_full_disk_is_told_and_loses_nothing(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(make_record())

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="no space left .* free some, then resume"):
        store.add(make_record(seed=1))
    monkeypatch.undo()
    assert len(list(store.records())) == 1
    assert not list(store.folder.rglob("*.tmp"))


def test_one_trainer_a_run_but_anybody_may_look(store: RunStore) -> None:
    with pytest.raises(StoreError, match="in use by another trainer"):
        RunStore.open(store.folder)
    assert RunStore.open(store.folder, writable=False).settings == {"task": "press"}


def test_wrong_folders_are_refused(store: RunStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds a run already"):
        RunStore.create(store.folder, {})
    with pytest.raises(StoreError, match="holds no run"):
        RunStore.open(tmp_path)
    (store.folder / "config.json").write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        _ = store.settings
