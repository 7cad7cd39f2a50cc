"""A whole training run in which every node is killed once: it goes on and loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
import yaml

from fmac_ros.cli.session import node_command
from fmac_ros.environment import process_environment
from fmac_ros.graph import NodeSpec, describe, parameter_file
from fmac_ros.learning.store import RunStore
from fmac_ros.paths import config_dir
from fmac_ros.run_dir import RunDir
from fmac_ros.start import train_settings, trainer_settings
from fmac_ros.supervisor import Supervisor

VICTIMS = (
    *("state_node", "pybullet_sim", "policy_node", "prior_server"),
    *("evaluator_node", "trainer_node"),
)
EPISODES_BETWEEN = 2
HORIZON = 5
STEPS = 5 * 2 * (len(VICTIMS) + 2)


@pytest.fixture
def quick_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's configuration with hardly any random play and small batches."""
    folder = tmp_path / "config"
    shutil.copytree(config_dir(), folder)
    file = folder / "fmac.yaml"
    document = yaml.safe_load(file.read_text())
    document["trainer_node"]["ros__parameters"].update(
        seed_steps=10,
        play_horizon=HORIZON,
        seed_updates=2,
        updates_per_step=0.2,
        batch_size=8,
        checkpoint_every=1,
    )
    file.write_text(yaml.safe_dump(document))
    monkeypatch.setenv("FMAC_CONFIG_DIR", str(folder))


class Killer:
    """Kills the next victim each time some more episodes are on disk."""

    def __init__(self, supervisor: Supervisor, run_dir: RunDir) -> None:
        self._supervisor = supervisor
        self._folder = run_dir.path / "episodes"
        self._left = list(VICTIMS)
        self._wait_for = EPISODES_BETWEEN
        self.counts: list[int] = []

    def __call__(self) -> None:
        count = len(list(self._folder.glob("*.safetensors")))
        self.counts.append(count)
        if self._left and count >= self._wait_for:
            self._wait_for = count + EPISODES_BETWEEN
            os.kill(self._supervisor.pids[self._left.pop(0)], signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("quick_config")
def test_every_node_may_die_once(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path / "run")
    settings = {**train_settings(), "env_steps": STEPS, "horizon": HORIZON}
    specs = describe("train_sim", trainer_settings("train_sim", settings, run_dir))
    parameters = tmp_path / "parameters.yaml"
    parameters.write_text(parameter_file(specs))
    said: list[str] = []

    def command(spec: NodeSpec) -> list[str]:
        return node_command(spec, parameters)

    environment = {**os.environ, **process_environment()}
    with Supervisor(specs, command, run_dir.logs, environment, said.append) as supervisor:
        killer = Killer(supervisor, run_dir)
        supervisor.wait(killer, interval_s=0.2)

    assert [sentence.split()[0] for sentence in said] == list(VICTIMS)
    assert all("was killed (SIGKILL); starting it again (1 of 3)" in s for s in said)
    assert killer.counts == sorted(killer.counts)
    store = RunStore.open(run_dir.path, writable=False)
    episodes = [record.episode for record in store.records()]
    assert sum(episode.steps for episode in episodes) >= STEPS
    assert store.progress()["episodes"] == len(episodes)
    assert [episode.id for episode in episodes] == [f"{n:06d}" for n in range(1, len(episodes) + 1)]
    assert store.parameters()
