"""docs/new_arm.md: one YAML, and a URDF where it shall be simulated, are a new arm."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from fmac_ros.control.controller import ArmController
from fmac_ros.control.description import fit_to_description
from fmac_ros.graph import describe
from fmac_ros.paths import config_dir, package_dir
from fmac_ros.robots import known_robots, load_robot, simulated_robots
from fmac_ros.ros.gazebo import controllers_of, write_files
from fmac_ros.sim.tool import robot_urdf


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of config, as FMAC_CONFIG_DIR."""
    copy = tmp_path / "config"
    shutil.copytree(config_dir(), copy)
    monkeypatch.setenv("FMAC_CONFIG_DIR", str(copy))
    return copy


def add(folder: Path, model: str, **changes: object) -> None:
    """Write myarm.yaml, made from another arm's file."""
    entries = yaml.safe_load((folder / "robots" / f"{model}.yaml").read_text())
    entries.update(changes)
    kept = {name: value for name, value in entries.items() if value is not None}
    (folder / "robots" / "myarm.yaml").write_text(yaml.safe_dump(kept))


def test_an_arm_with_a_urdf_can_be_simulated_and_driven(folder: Path, tmp_path: Path) -> None:
    urdf = tmp_path / "myarm.urdf"
    shutil.copy(package_dir() / "assets/ur5e.urdf", urdf)
    add(folder, "ur5e", urdf=str(urdf), controller="my_controller", drivers=None)
    assert "myarm" in simulated_robots()
    robot = load_robot("myarm")
    assert ArmController(robot).kinematics and "tool_tip" in robot_urdf(robot)
    files = write_files(robot, "reach the red ball", 0, tmp_path / "gazebo")
    assert "my_controller" in files.controllers.read_text()
    assert set(controllers_of(robot)) == {"my_controller", "gripper_controller"}
    policy = {s.name: s for s in describe("train_real", {"robot": "myarm"})}["policy_node"]
    assert policy.parameters["controller"] == "my_controller"
    assert policy.parameters["robot_ready_topic"] == ""


def test_an_arm_may_bring_its_cameras(folder: Path) -> None:
    add(folder, "ur5e", cameras="two_usb.yaml")
    assert "camera_front" in {spec.name for spec in describe("train_real", {"robot": "myarm"})}
    assert "camera_front" not in {spec.name for spec in describe("train_sim", {"robot": "myarm"})}
    add(folder, "ur5e", cameras="none.yaml")
    with pytest.raises((ValueError, OSError), match="none.yaml"):
        describe("train_real", {"robot": "myarm"})


def test_an_arm_without_one_is_known_from_its_description(folder: Path) -> None:
    add(folder, "ur5e", urdf=None, tool=None, ee_link="tool0", gripper_joint_names=[])
    with pytest.raises(ValueError, match="gripper_closed needs one value per finger"):
        load_robot("myarm")
    empty: dict[str, object] = dict.fromkeys(("gripper_closed", "gripper_open"), [])
    add(folder, "ur5e", urdf=None, tool=None, ee_link="tool0", gripper_joint_names=[], **empty)
    assert "myarm" in known_robots() and "myarm" not in simulated_robots()
    description = (package_dir() / "assets/ur5e.urdf").read_text()
    robot, _ = fit_to_description(load_robot("myarm"), description)
    assert ArmController(robot, urdf=description).collisions is not None
