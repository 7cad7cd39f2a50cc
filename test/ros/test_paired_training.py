"""trainer_node trains a pair: two runs in turn, each acting with its own parameters."""

from __future__ import annotations

import itertools

import pytest
from standing_cell import StandingCell
from test_trainer_node import SETTINGS, run_to_end
from tiny_priors import save_tiny_priors

from fmac_ros.learning.store import RunStore
from fmac_ros.msg import PolicyParameters, TrainerStatus, Transition
from fmac_ros.nodes.policy_node import PolicyNode
from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.nodes.trainer_node import TrainerNode
from fmac_ros.ros import names, qos
from fmac_ros.ros.parameters import ParameterError

OPEN, CLOSE = "open the drawer", "close the drawer"
FOLDERS = ("open-the-drawer", "close-the-drawer")


@pytest.fixture(scope="module")
def priors(tmp_path_factory):
    """Tiny priors that always see success."""
    return str(save_tiny_priors(tmp_path_factory.mktemp("priors"), threshold=0.0))


def test_two_runs_in_turn_and_each_with_its_own_parameters(ros, priors, tmp_path):
    ros.add(PriorServer, priors=priors)
    ros.add(PolicyNode, priors=priors, use_sim_time=True, observation_timeout=2.0)
    ros.add(StandingCell)
    listener, sent, states, steps = ros.node(), [], [], []
    listener.create_subscription(
        PolicyParameters, names.POLICY_PARAMETERS, lambda m: sent.append(m), qos.RELIABLE
    )
    listener.create_subscription(
        TrainerStatus, names.TRAINER_STATUS, lambda m: states.append(m), qos.RELIABLE
    )
    listener.create_subscription(Transition, names.TRANSITIONS, steps.append, qos.TRANSITIONS)
    pair = {"task": OPEN, "paired": CLOSE, "priors": priors, "run_dir": str(tmp_path)}
    trainer = run_to_end(ros, **pair, env_steps=20)
    assert ros.spin_until(lambda: {s.run_id for s in states if s.state == "done"} == set(FOLDERS))
    trainer.destroy_node()

    versions = [message.version for message in sent]
    assert versions == sorted(set(versions)), "one count through both runs"
    assert {message.run_id for message in sent} == set(FOLDERS)
    owner = {message.version: message.run_id for message in sent}
    acted = [step for step in steps if step.policy_version]
    tasks = dict(zip((OPEN, CLOSE), FOLDERS, strict=True))
    assert acted and all(owner[s.policy_version] == tasks[s.task] for s in acted)
    order = [task for task, _ in itertools.groupby(step.task for step in steps)]
    assert len(order) > 4 and set(order) == {OPEN, CLOSE}
    told = [run_id for run_id, _ in itertools.groupby(state.run_id for state in states)]
    assert len(told) > 4, "each turn is told"
    for task, folder in zip((OPEN, CLOSE), FOLDERS, strict=True):
        store = RunStore.open(tmp_path / folder, writable=False)
        records = list(store.records())
        assert {record.episode.task for record in records} == {task}
        assert sum(record.episode.steps for record in records) >= 20
        assert store.parameters() and store.settings["task"] == task

    run_to_end(ros, **pair, env_steps=25, resume=True)
    for folder in FOLDERS:
        store = RunStore.open(tmp_path / folder, writable=False)
        assert sum(record.episode.steps for record in store.records()) >= 25


def test_a_task_is_not_its_own_pair(ros, priors, tmp_path):
    same = {"task": OPEN, "paired": "Open the drawer!", "priors": priors}
    with pytest.raises(ParameterError, match="another sentence"):
        ros.add(TrainerNode, **{**SETTINGS, **same, "run_dir": str(tmp_path)})
