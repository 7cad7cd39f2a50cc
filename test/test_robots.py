"""Every robot file loads, and its numbers agree with its URDF."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fmac_ros.robots import RobotConfig, known_robots, load_robot, simulated_robots
from fmac_ros.sim.tool import robot_urdf


@pytest.fixture(params=known_robots())
def robot(request: pytest.FixtureRequest) -> RobotConfig:
    return load_robot(request.param)


def test_the_arms_we_ship() -> None:
    assert {"panda", "ur5e", "kuka", "xarm"} <= set(simulated_robots())
    assert {"fr3", "ur10e"} <= set(known_robots()) - set(simulated_robots())


def test_an_arm_without_a_urdf_cannot_be_simulated() -> None:
    with pytest.raises(ValueError, match="fr3 has no URDF here.*panda"):
        robot_urdf(load_robot("fr3"))


def test_unknown_robot_names_the_known() -> None:
    with pytest.raises(ValueError, match="'pandaa'.*panda.*ur5e"):
        load_robot("pandaa")


@pytest.mark.parametrize("name", simulated_robots())
def test_limits_are_inside_those_of_the_urdf(name: str) -> None:
    robot = load_robot(name)
    joints = {j.get("name"): j for j in ET.fromstring(robot_urdf(robot)).findall("joint")}
    for i, name in enumerate(robot.joint_names):
        limit = joints[name].find("limit")
        assert limit is not None
        assert robot.lower[i] > float(limit.attrib["lower"])
        assert robot.upper[i] < float(limit.attrib["upper"])
        assert robot.velocity[i] < float(limit.attrib["velocity"])


def test_config_cannot_be_changed(robot: RobotConfig) -> None:
    with pytest.raises(ValueError, match="read-only"):
        robot.home[0] = 1.0


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("home", np.full(7, 9.0), "outside the joint limits"),
        ("home", np.zeros(3), "7 finite numbers"),
        ("velocity", np.zeros(7), "positive"),
        ("jerk", np.full(7, np.nan), "finite"),
        ("workspace_upper", np.zeros(3), "below workspace_upper"),
        ("gripper_closed", (0.0,), "one value per finger"),
        ("control_rate_hz", 0.0, "control_rate_hz"),
    ],
)
def test_bad_values_are_named(field: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(load_robot("panda"), **{field: value})


def test_bad_files_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "robots").mkdir()
    (tmp_path / "robots" / "mine.yaml").write_text("urdf: assets/ur5e.urdf\n")
    monkeypatch.setenv("FMAC_CONFIG_DIR", str(tmp_path))
    with pytest.raises(ValueError, match="mine.yaml.*vendor_limits"):
        load_robot("mine")
