"""The description of the graph, without ROS."""

from __future__ import annotations

import pytest
import yaml

from fmac_ros.graph import (
    EXIT_CONFIGURATION,
    GRAPHS,
    RESPAWN_LIMIT,
    NodeSpec,
    after_exit,
    describe,
    parameter_file,
    settings_of,
)

TRAINER = NodeSpec("trainer_node", "m", {}, ends_graph=True)
SIM = NodeSpec("pybullet_sim", "m", {})


def by_name(graph: str, **given: object) -> dict[str, NodeSpec]:
    return {spec.name: spec for spec in describe(graph, given)}


def test_training_in_simulation_has_every_node() -> None:
    assert set(by_name("train_sim")) == {
        *("pybullet_sim", "state_node", "prior_server", "policy_node"),
        *("trainer_node", "evaluator_node"),
    }


def test_real_robot_has_no_simulator_nor_ground_truth() -> None:
    nodes = by_name("train_real")
    assert set(nodes) == {
        *("state_node", "prior_server", "policy_node", "reset_node", "trainer_node")
    }
    assert not any(spec.parameters["use_sim_time"] for spec in nodes.values())
    assert nodes["policy_node"].parameters["lockstep"] is False
    assert nodes["state_node"].parameters["slop"] > 0
    assert nodes["trainer_node"].needs == ("prior_server", "policy_node", "reset_node")


def test_hardware_is_told_what_its_driver_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    told = by_name("train_real", robot="ur5e")["policy_node"].parameters
    assert told["controller"] == "scaled_joint_trajectory_controller"
    assert told["robot_ready_topic"] == "io_and_status_controller/robot_program_running"
    assert told["speed_scaling_topic"] == "speed_scaling_state_broadcaster/speed_scaling"
    assert told["full_speed_scaling"] == 100.0
    assert by_name("train_sim", robot="ur5e")["policy_node"].parameters["controller"] == ""
    plain = by_name("train_real", robot="panda")["policy_node"].parameters
    assert (plain["robot_ready_topic"], plain["speed_scaling_topic"]) == ("", "speed_scaling")


def test_the_controller_follows_the_distribution_unless_it_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROS_DISTRO", "lyrical")
    told = by_name("eval_real", robot="ur10e")["policy_node"].parameters
    assert told["controller"] == "joint_trajectory_controller"
    chosen = by_name("eval_real", robot="ur10e", controller="mine")["policy_node"].parameters
    assert chosen["controller"] == "mine"


def test_an_arm_of_franka_ros2_is_watched() -> None:
    nodes = by_name("train_real", robot="fr3")
    assert nodes["franka_watch"].module == "fmac_ros.nodes.franka_watch"
    assert nodes["policy_node"].parameters["robot_ready_topic"] == "franka_watch/ready"
    assert nodes["policy_node"].parameters["gripper_action"] == "franka_gripper/gripper_action"
    assert "franka_watch" not in by_name("train_real", robot="ur5e")


@pytest.mark.parametrize("graph", ["train_sim", "train_real", "train_gazebo"])
def test_every_training_reads_what_its_task_needs(graph: str) -> None:
    nodes = by_name(graph, task="put the red block into the bowl")
    assert nodes["policy_node"].parameters["action_space"] == "ee_delta_gripper"
    assert nodes["trainer_node"].parameters["horizon"] == 60
    free = by_name(graph, task="fold the towel")["trainer_node"].parameters
    assert (free["action_space"], free["horizon"]) == ("ee_delta", 40)


def test_a_person_judges_on_hardware_and_the_truth_in_simulation() -> None:
    real, sim = by_name("eval_real")["evaluator_node"], by_name("eval_sim")["evaluator_node"]
    assert real.parameters["judge"] == "person" and "judge" not in sim.parameters
    assert "pybullet_sim" not in real.needs


def test_evaluation_trains_nothing() -> None:
    nodes = by_name("eval_sim")
    assert "trainer_node" not in nodes
    assert nodes["evaluator_node"].parameters["mode"] == "evaluate"
    assert nodes["evaluator_node"].ends_graph


def test_a_setting_reaches_every_node_that_reads_it() -> None:
    nodes = by_name("train_sim", robot="ur5e", task="touch the blue ball")
    robots = {n: s.parameters["robot"] for n, s in nodes.items() if "robot" in s.parameters}
    assert set(robots) == {"pybullet_sim", "state_node", "policy_node", "trainer_node"}
    assert set(robots.values()) == {"ur5e"}
    assert nodes["trainer_node"].parameters["task"] == "touch the blue ball"


@pytest.mark.parametrize("graph", GRAPHS)
def test_nodes_need_only_nodes_of_their_graph(graph: str) -> None:
    nodes = by_name(graph)
    assert all(set(spec.needs) <= set(nodes) for spec in nodes.values())
    assert sum(spec.ends_graph for spec in nodes.values()) == 1


@pytest.mark.parametrize("graph", GRAPHS)
def test_parameter_file_reads_back(graph: str) -> None:
    specs = describe(graph, {})
    document = yaml.safe_load(parameter_file(specs))
    assert {n: section["ros__parameters"] for n, section in document.items()} == {
        spec.name: spec.parameters for spec in specs
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"robot": "r2d2"}, "robot is 'r2d2', valid: .*panda"),
        ({"env_step": 1}, "no setting 'env_step', valid: .*env_steps"),
        ({"env_steps": 0}, "env_steps is 0, valid: 1 or more"),
        ({"env_steps": True}, "env_steps is True, valid: a int"),
        ({"use_sim_time": False}, "no setting 'use_sim_time'"),
    ],
)
def test_wrong_settings_are_refused_and_explained(given: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        describe("train_sim", given)


def test_unknown_graph_is_refused() -> None:
    with pytest.raises(ValueError, match="valid: train_sim, eval_sim, train_real, eval_real"):
        describe("train", {})


def test_settings_leave_out_what_the_graph_fixes() -> None:
    assert "lockstep" in settings_of("train_sim")
    assert "lockstep" not in settings_of("train_real")
    assert "checkpoint" not in settings_of("train_sim")


@pytest.mark.parametrize(
    ("spec", "code", "deaths", "verdict"),
    [
        (TRAINER, 0, 0, "end"),
        (TRAINER, 1, 0, "respawn"),
        (TRAINER, -9, RESPAWN_LIMIT, "fail"),
        (SIM, 0, 0, "respawn"),
        (SIM, -11, RESPAWN_LIMIT - 1, "respawn"),
        (SIM, EXIT_CONFIGURATION, 0, "fail"),
    ],
)
def test_what_follows_an_exit(spec: NodeSpec, code: int, deaths: int, verdict: str) -> None:
    assert after_exit(spec, code, deaths) == verdict
