"""Dataclasses as declared parameters."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from rclpy.parameter import Parameter

from fmac_ros.ros.parameters import ParameterError, declare, parameter


@dataclass(frozen=True)
class Config:
    task: str = parameter(description="the sentence")
    rate_hz: float = parameter(10, description="steps per second", minimum=1.0, maximum=100.0)
    count: int = parameter(3, description="how many", minimum=1)
    mode: str = parameter("a", description="how", choices=("a", "b"))
    cameras: tuple[str, ...] = parameter(("front",), description="which")
    plain: bool = True

    def __post_init__(self) -> None:
        if self.count == 13:
            raise ValueError("count is 13, valid: any luckier number")


def filled(ros, **values: object) -> Config:
    return declare(ros.add(_node, **values), Config)


def _node(**options):
    from rclpy.node import Node

    return Node("tester", **options)


def test_values_and_defaults(ros) -> None:
    config = filled(ros, task="reach", count=5, cameras=["x", "y"])
    assert config == Config("reach", 10.0, 5, "a", ("x", "y"), True)
    assert isinstance(config.rate_hz, float)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "'task' of tester is not set: the sentence"),
        ({"task": "x", "count": 0}, "'count' of tester"),
        ({"task": "x", "count": "many"}, "'count' of tester"),
        ({"task": "x", "rate_hz": 1000.0}, "'rate_hz' of tester"),
        ({"task": "x", "rate_hz": float("nan")}, "'rate_hz' of tester"),
        ({"task": "x", "mode": "c"}, "'c', valid: a, b"),
        ({"task": "x", "count": 13}, "luckier"),
    ],
)
def test_what_is_wrong_is_said(ros, values: dict[str, object], text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        filled(ros, **values)


def test_parameters_are_described_and_read_only(ros) -> None:
    node = ros.add(_node, task="x")
    declare(node, Config)
    described = node.describe_parameter("rate_hz")
    assert described.read_only and described.description == "steps per second"
    assert described.floating_point_range[0].to_value == 100.0
    (result,) = node.set_parameters([Parameter("count", value=4)])
    assert not result.successful
