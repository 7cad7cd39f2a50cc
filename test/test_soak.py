"""The soak's schedule and its look at what is on disk."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest
from learning_world import make_record

from fmac_ros.bench.soak.checks import problems_of, stored_episodes
from fmac_ros.bench.soak.schedule import KINDS, events
from fmac_ros.learning.config import LearnerConfig
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.store import RunStore


def test_a_seed_names_its_faults_and_all_of_them_come() -> None:
    first, again = (list(islice(events(3), 400)) for _ in range(2))
    assert first == again and first != list(islice(events(4), 400))
    assert {(event.kind, event.what) for event in first} == {
        (kind, what) for kind, (whats, _) in KINDS.items() for what in whats
    }


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of three episodes, as it should be."""
    store = RunStore.create(tmp_path / "run", {})
    for number in range(1, 4):
        store.add(make_record(seed=number))
    learner = Learner(LearnerConfig(), (8, 8, 16), 6, 3, seed=0)
    store.save_learner(learner.state(), learner.parameters())
    store.save_progress({"episodes": 3})
    store.close()
    return store.folder


def test_a_sound_run_has_no_problems(run: Path) -> None:
    assert problems_of(run)[0] == [] and stored_episodes(run) == 3


def test_what_is_lost_is_told(run: Path) -> None:
    (run / "episodes" / "000002.safetensors").unlink()
    found = " ".join(problems_of(run)[0])
    assert "progress counts 3 episodes, 2 are stored" in found and "000001 and so on" in found
    (run / "parameters.safetensors").write_bytes(b"half")
    assert "truncated" in " ".join(problems_of(run)[0])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_minute_of_trouble_loses_nothing(tmp_path: Path) -> None:
    pytest.importorskip("rclpy")
    from fmac_ros.cli.main import main

    file = tmp_path / "soak.json"
    code = main(f"bench soak --minutes 1 --seed 2 --keep {tmp_path}/kept --json {file}".split())
    found = json.loads(file.read_text())
    assert code == 0, (found["violations"], found["problems"])
    assert found["faults"] >= 5 and found["commands"] > 100
