"""The robot side of a real arm's graph follows from the settings."""

from __future__ import annotations

import pytest

from fmac_ros.graph import describe

OWN = {"robot": "fr3", "driver": "franka", "address": "127.0.0.1"}


def nodes(graph, **settings):
    return {spec.name: spec.parameters for spec in describe(graph, settings)}


def test_a_ros2_control_stack_needs_none_of_it():
    assert not {"franka_driver", "cell_sim", "evaluator_node"} & set(nodes("train_real"))


def test_our_driver_starts_for_a_real_arm_with_a_real_time_kernel():
    found = nodes("train_real", **{**OWN, "address": "172.16.0.2"})
    assert found["franka_driver"]["realtime"] == "enforce"
    assert found["policy_node"]["robot_ready_topic"] == "franka_driver/ready"
    assert not found["policy_node"]["start_armed"]
    assert "cell_sim" not in found and found["reset_node"]["scene_reset"] == "person"


def test_a_simulated_cell_shows_resets_and_judges_itself():
    found = nodes("train_real", **OWN, cell="simulated")
    assert found["franka_driver"]["realtime"] == "ignore"
    assert found["reset_node"]["scene_reset"] == "service"
    assert found["cell_sim"]["robot"] == "fr3"
    assert found["evaluator_node"]["mode"] == "observe"
    evaluated = nodes("eval_real", **OWN, cell="simulated", checkpoint="a", result_file="b")
    assert evaluated["evaluator_node"]["judge"] == "truth"
    assert (
        nodes("eval_real", checkpoint="a", result_file="b")["evaluator_node"]["judge"] == "person"
    )


@pytest.mark.parametrize("address", ("172.16.0.2", "192.168.1.1", "no.such.host.invalid"))
def test_a_real_arm_never_moves_in_a_simulated_cell(address):
    with pytest.raises(ValueError, match="loopback"):
        nodes("train_real", **{**OWN, "address": address}, cell="simulated")


def test_what_drives_the_arm_of_a_simulated_cell_is_known_to_be_simulated():
    with pytest.raises(ValueError, match="driver ros2_control"):
        nodes("train_real", cell="simulated")


def test_an_address_is_needed():
    with pytest.raises(ValueError, match="address"):
        nodes("train_real", robot="fr3", driver="franka")


def test_only_a_robot_with_such_a_driver_takes_it():
    with pytest.raises(ValueError, match="driver"):
        nodes("train_real", robot="ur5e", driver="franka", address="127.0.0.1")
