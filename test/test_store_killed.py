"""A trainer that is killed in the middle of saving leaves a run that goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fmac_ros.learning.store import RunStore

SAVER = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from learning_world import make_record
from fmac_ros.learning.store import RunStore
store = RunStore.open(Path({folder!r}))
number = len(list(store.records()))
print("ready", flush=True)
while True:
    number += 1
    store.add(make_record(seed=number))
    state = bytes([number % 256]) * 2_000_000
    store.save_learner(state, state)
    store.save_progress({{"episodes": number}})
"""


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_while_saving(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    RunStore.create(tmp_path / "run", {}).close()
    code = SAVER.format(path=[p for p in sys.path if p], folder=str(tmp_path / "run"))
    stored = 0
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, env=dict(os.environ)
        )
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        time.sleep(float(rng.uniform(0.05, 0.4)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        store = RunStore.open(tmp_path / "run")
        names = [record.episode.id for record in store.records()]
        assert names == [f"{number:06d}" for number in range(1, len(names) + 1)]
        assert len(names) >= stored
        state = store.learner_state()
        assert state is None or (len(state) == 2_000_000 and len(set(state)) == 1)
        assert store.progress().get("episodes", 0) <= len(names)
        assert not list((tmp_path / "run").rglob("*.tmp"))
        stored = len(names)
        store.close()
    assert stored > 0
