"""The policy is what the nodes of the graph really use, and keeps apart what must be apart."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_priors import save_tiny_priors

from fmac_ros.graph import describe
from fmac_ros.robots import load_robot
from fmac_ros.ros import access, names
from fmac_ros.security.access import Access, differences
from fmac_ros.security.policy import from_xml, to_xml

ROBOT = "ur5e"
TRUTH, COMMANDS = (
    f"/{names.GROUND_TRUTH}",
    f"/{names.joint_trajectory(load_robot(ROBOT).controller)}",
)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Access]:
    """What the nodes of a training in simulation use, each made alone."""
    return access.described(specs_in(tmp_path_factory.mktemp("described")))


def specs_in(folder: Path) -> Any:
    given = {"robot": ROBOT, "run_dir": str(folder / "run")}
    return describe("train_sim", {**given, "priors": str(save_tiny_priors(folder / "priors"))})


def test_every_node_is_in_the_policy(described: dict[str, Access]) -> None:
    read = from_xml(to_xml(described))
    assert read == described
    assert set(read) == {
        *("/pybullet_sim", "/state_node", "/prior_server", "/policy_node"),
        *("/trainer_node", "/evaluator_node"),
    }


def users(nodes: dict[str, Access], kind: str, name: str) -> set[str]:
    return {node for node, found in nodes.items() if name in getattr(found, kind)}


def test_only_policy_node_commands_and_training_never_sees_the_truth(
    described: dict[str, Access],
) -> None:
    assert users(described, "publish", COMMANDS) == {"/policy_node"}
    assert users(described, "publish", TRUTH) == {"/pybullet_sim"}
    assert users(described, "subscribe", TRUTH) == {"/evaluator_node"}
    assert users(described, "execute", "/rollout") == {"/policy_node"}
    assert users(described, "call", "/rollout") == {"/trainer_node"}
    assert users(described, "request", f"/{names.RESET}") == {"/trainer_node"}


def test_a_person_arms_and_stops_and_commands_nothing(described: dict[str, Access]) -> None:
    person = access.operator(described)
    own = {f"/{names.EMERGENCY_STOP}", f"/{names.AUDIT_ANSWER}"}
    assert person.publish == own | {"/rosout", "/parameter_events"}
    assert "/policy_node/set_parameters" in person.request
    assert not any(name.startswith("/trainer_node") for name in person.request)
    assert COMMANDS in person.subscribe and not person.call


def test_the_policy_matches_the_graph_that_runs(
    ros: Any, described: dict[str, Access], tmp_path: Path
) -> None:
    for spec in specs_in(tmp_path):
        ros.add(access.node_class(spec.module), **spec.parameters)
    observer = ros.node("observer")

    def seen() -> dict[str, Access]:
        found = access.running(observer)
        return {node: found[node] for node in described if node in found}

    policy = from_xml(to_xml(described))
    assert ros.spin_until(lambda: not differences(policy, seen()) and len(seen()) == 6, 20.0), (
        differences(policy, seen())
    )
    narrow = replace(policy["/policy_node"], publish=frozenset())
    told = differences({**policy, "/policy_node": narrow}, seen())
    assert f"/policy_node may not publish {COMMANDS}" in told
    for thread in threading.enumerate():
        if thread.name == "loading":  # it must not outlive the interpreter
            thread.join(30.0)
