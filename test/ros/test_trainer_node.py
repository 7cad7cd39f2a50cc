"""trainer_node: a whole small run through the graph, its resumption, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from standing_cell import StandingCell
from tiny_priors import save_tiny_priors

from fmac_ros.learning.store import RunStore
from fmac_ros.msg import PolicyParameters, TrainerStatus
from fmac_ros.nodes.policy_node import PolicyNode
from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.nodes.trainer_node import TrainerNode
from fmac_ros.priors.imagining import make_targets
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.registry import load_priors
from fmac_ros.ros import names, qos
from fmac_ros.ros.parameters import ParameterError
from fmac_ros.ros.run import EXIT_CONFIGURATION

SETTINGS = {
    "task": "press the red button",
    "horizon": 5,
    "play_horizon": 5,
    "seed_steps": 10,
    "seed_updates": 5,
    "updates_per_step": 0.5,
    "batch_size": 8,
    "prior_timeout": 5.0,
}


@pytest.fixture(scope="module")
def priors(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Tiny priors that never see success."""
    return str(save_tiny_priors(tmp_path_factory.mktemp("priors"), threshold=1.0))


@pytest.fixture
def cell(ros: Any, priors: str) -> StandingCell:
    """All of a graph but its trainer; the robot side of it."""
    ros.add(PriorServer, priors=priors)
    ros.add(PolicyNode, priors=priors, use_sim_time=True, observation_timeout=0.5)
    return ros.add(StandingCell)


def run_to_end(ros: Any, **parameters: object) -> TrainerNode:
    """Spin a trainer until it ends the process, well."""
    trainer = ros.add(TrainerNode, **{**SETTINGS, **parameters})
    with pytest.raises(SystemExit) as end:
        ros.spin_for(60.0)
    assert end.value.code == 0
    return trainer


def test_trains_and_resumes(ros: Any, cell: StandingCell, priors: str, tmp_path: Path) -> None:
    states: list[str] = []
    versions: list[int] = []
    listener = ros.node()
    listener.create_subscription(
        TrainerStatus, names.TRAINER_STATUS, lambda m: states.append(m.state), qos.RELIABLE
    )
    listener.create_subscription(
        PolicyParameters,
        names.POLICY_PARAMETERS,
        lambda m: versions.append(m.version),
        qos.RELIABLE,
    )
    parameters = {"run_dir": str(tmp_path / "run"), "priors": priors}
    trainer = run_to_end(ros, **parameters, env_steps=20)
    assert ros.spin_until(lambda: "done" in states)
    assert versions[0] == 0 and versions[-1] == 10
    records = list(RunStore.open(tmp_path / "run", writable=False).records())
    assert [record.episode.behaviour for record in records] == ["random"] * 2 + ["policy"] * 2
    assert all(record.episode.truncated for record in records)

    trainer.destroy_node()
    run_to_end(ros, **parameters, env_steps=30, resume=True)
    store = RunStore.open(tmp_path / "run", writable=False)
    assert len(list(store.records())) == 6
    assert store.progress()["updates"] == 15


@pytest.mark.parametrize("imagine", ["once", "nearest"])
def test_episodes_are_labelled_as_in_one_process(
    imagine: str, ros: Any, cell: StandingCell, priors: str, tmp_path: Path
) -> None:
    run_to_end(ros, run_dir=str(tmp_path), priors=priors, env_steps=10, imagine=imagine)
    loaded = load_priors(priors)
    local = LocalPriors(loaded, targets=make_targets({"imagine": imagine}, loaded.encoder))
    for record in RunStore.open(tmp_path, writable=False).records():
        expected = local.label(record.episode).imagined
        np.testing.assert_allclose(record.labels.imagined, expected, atol=1e-3)


def test_an_aborted_episode_is_dropped_and_run_again(
    ros: Any, cell: StandingCell, priors: str, tmp_path: Path
) -> None:
    cell.silent = True
    timer = ros.node().create_timer(2.0, lambda: setattr(cell, "silent", False))
    run_to_end(ros, run_dir=str(tmp_path), priors=priors, env_steps=10)
    timer.cancel()
    assert len(list(RunStore.open(tmp_path, writable=False).records())) == 2


def test_another_run_is_not_continued(ros: Any, priors: str, tmp_path: Path) -> None:
    parameters = {**SETTINGS, "run_dir": str(tmp_path), "priors": priors}
    ros.add(TrainerNode, **parameters).destroy_node()
    with pytest.raises(ParameterError, match="holds a run already"):
        ros.add(TrainerNode, **parameters)
    with pytest.raises(ParameterError, match="seed 0, not 1"):
        ros.add(TrainerNode, **parameters, resume=True, seed=1)


def test_a_damaged_state_is_not_tried_again(ros: Any, priors: str, tmp_path: Path) -> None:
    parameters = {**SETTINGS, "run_dir": str(tmp_path), "priors": priors}
    ros.add(TrainerNode, **parameters).destroy_node()
    (tmp_path / "learner.safetensors").write_bytes(b"of another program")
    ros.add(TrainerNode, **parameters, resume=True)
    with pytest.raises(SystemExit) as end:
        ros.spin_for(20.0)
    assert end.value.code == EXIT_CONFIGURATION


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_save_and_end_well(number: int, priors: str, tmp_path: Path) -> None:
    given = {**SETTINGS, "run_dir": str(tmp_path / "run"), "priors": priors}
    arguments = [item for name, value in given.items() for item in ("-p", f"{name}:={value}")]
    command = [sys.executable, "-m", "fmac_ros.nodes.trainer_node", "--ros-args", *arguments]
    process = subprocess.Popen(
        command, env=dict(os.environ), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    end = time.monotonic() + 40
    while not (tmp_path / "run" / "config.json").exists() and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1.0)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert (tmp_path / "run" / "learner.safetensors").exists()
