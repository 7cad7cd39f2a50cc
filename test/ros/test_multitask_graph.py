"""Several tasks through the graph: trained in turn, evaluated in seen and unseen wordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from standing_cell import StandingCell
from tiny_priors import save_tiny_priors

from fmac_ros.learning.parameters import unpack_parameters
from fmac_ros.learning.store import RunStore
from fmac_ros.msg import GroundTruth
from fmac_ros.nodes.evaluator_node import EvaluatorNode
from fmac_ros.nodes.policy_node import PolicyNode
from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.nodes.trainer_node import TrainerNode
from fmac_ros.ros import names, qos

TASK = "press the red button; reach the blue ball"
SETTINGS = {
    "task": TASK,
    "env_steps": 20,
    "horizon": 5,
    "play_horizon": 5,
    "seed_steps": 10,
    "seed_updates": 5,
    "updates_per_step": 0.5,
    "batch_size": 8,
    "prior_timeout": 5.0,
}


def spin_to_its_end(ros: Any) -> None:
    with pytest.raises(SystemExit) as end:
        ros.spin_for(60.0)
    assert end.value.code == 0


def test_trains_tasks_in_turn_and_evaluates_wordings_never_trained_on(
    ros: Any, tmp_path: Path
) -> None:
    priors = str(save_tiny_priors(tmp_path / "priors", threshold=1.0))
    ros.add(PriorServer, priors=priors)
    ros.add(PolicyNode, priors=priors, use_sim_time=True)
    cell = ros.add(StandingCell)
    run, result_file = tmp_path / "run", tmp_path / "result.json"
    trainer = ros.add(TrainerNode, run_dir=str(run), priors=priors, **SETTINGS)
    spin_to_its_end(ros)
    trainer.destroy_node()
    store = RunStore.open(run, writable=False)
    asked = [record.episode.task for record in store.records()]
    assert ["button" in text for text in asked] == [True, False] * 2
    sentences = unpack_parameters(store.parameters()).sentences
    assert sentences is not None and set(asked) <= set(sentences.texts)

    truth = cell.create_publisher(GroundTruth, names.GROUND_TRUTH, qos.RELIABLE)
    solved = GroundTruth(task=TASK, seed=1, split="eval", success=True)
    cell.create_timer(0.05, lambda: truth.publish(solved))
    ros.add(
        EvaluatorNode,
        mode="evaluate",
        checkpoint=str(run),
        result_file=str(result_file),
        episodes=2,
        horizon=20,
    )
    spin_to_its_end(ros)
    found = json.loads(result_file.read_text())
    assert (found["successes"], found["episodes"]) == (1, 2)
    assert (found["unseen_successes"], found["unseen_episodes"]) == (1, 2)
    assert [(layout["task"], layout["unseen"]) for layout in found["layouts"]] == [
        ("press the red button", False),
        ("reach the blue ball", False),
        ("hit the red button", True),
        ("touch the blue ball", True),
    ]
