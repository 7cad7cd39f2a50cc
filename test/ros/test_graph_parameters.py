"""The graph's parameters are those that the nodes declare, with the same defaults."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from typing import Any

import pytest

pytest.importorskip("rclpy")

from fmac_ros.graph import (  # noqa: E402
    EXIT_CONFIGURATION,
    GRAPHS,
    ON_HARDWARE,
    ROLES,
    NodeSpec,
    describe,
)
from fmac_ros.ros import run  # noqa: E402
from fmac_ros.settings import SETTINGS, load_defaults  # noqa: E402

NODES = sorted({role.name for role in ROLES})
OF_EVERY_NODE = {"use_sim_time"}  # rclpy declares it
FILLED_IN = {"address", "checkpoint", "result_file", "run_dir", "task"}  # by what starts the graph


OWN_ROBOT_SIDE = {"robot": "fr3", "driver": "franka", "address": "127.0.0.1", "cell": "simulated"}


def specs_of(node: str) -> list[NodeSpec]:
    graphs = [(graph, {}) for graph in GRAPHS] + [(graph, OWN_ROBOT_SIDE) for graph in ON_HARDWARE]
    return [spec for graph in graphs for spec in describe(*graph) if spec.name == node]


def declared(node: str) -> dict[str, dataclasses.Field[Any]]:
    """Fields of the dataclass that a node's module hands to ``parameters.declare``."""
    module = importlib.import_module(f"fmac_ros.nodes.{node}")
    configs = [
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if dataclasses.is_dataclass(value)
        and all("description" in field.metadata for field in dataclasses.fields(value))
    ]
    assert len(configs) == 1, f"{node} has {configs}"
    return {field.name: field for field in dataclasses.fields(configs[0])}


@pytest.mark.parametrize("node", NODES)
def test_graph_and_node_have_the_same_parameters(node: str) -> None:
    given = {name for spec in specs_of(node) for name in spec.parameters}
    assert given - OF_EVERY_NODE == set(declared(node))


@pytest.mark.parametrize("node", NODES)
def test_defaults_agree(node: str) -> None:
    defaults = load_defaults()
    values = {**defaults.shared, **defaults.nodes.get(node, {})}
    for name, field in declared(node).items():
        if field.default is dataclasses.MISSING or name not in values.keys() - FILLED_IN:
            continue
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        assert values[name] == default, f"{name} of {node}"


@pytest.mark.parametrize("node", NODES)
def test_values_have_the_declared_types_and_ranges(node: str) -> None:
    fields = declared(node)
    for spec in specs_of(node):
        for name, value in spec.parameters.items():
            if name in OF_EVERY_NODE | FILLED_IN:
                continue
            field = fields[name]
            kind = "tuple" if isinstance(value, list) else type(value).__name__
            assert str(field.type).startswith(kind), f"{name} of {node} is {value!r}"
            low, high = field.metadata["minimum"], field.metadata["maximum"]
            assert low is None or value >= low
            assert high is None or value <= high
            assert not field.metadata["choices"] or value in field.metadata["choices"]


def test_exit_codes_agree() -> None:
    assert run.EXIT_CONFIGURATION == EXIT_CONFIGURATION


@pytest.mark.parametrize("node", NODES)
def test_choices_agree(node: str) -> None:
    for name, field in declared(node).items():
        choices = SETTINGS[name].choices if name in SETTINGS else None
        if choices and field.metadata["choices"]:
            assert choices() == field.metadata["choices"], f"{name} of {node}"
