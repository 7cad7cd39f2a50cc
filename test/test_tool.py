"""The box gripper is a valid part of a URDF."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from fmac_ros.robots import ToolMount, load_robot
from fmac_ros.sim.tool import FINGER_JOINTS, TIP_LINK, TOOL_LINKS, attach_tool, robot_urdf

BARE = '<robot name="bare"><link name="base"/></robot>'


def test_links_and_joints_are_added() -> None:
    robot = ET.fromstring(attach_tool(BARE, ToolMount("base", (0, 0, 0.1), (0, 0, 1.5))))
    assert {"base", *TOOL_LINKS, TIP_LINK} == {link.get("name") for link in robot.findall("link")}
    joints = {joint.get("name"): joint for joint in robot.findall("joint")}
    assert set(FINGER_JOINTS) < set(joints)
    origin = joints["hand_joint"].find("origin")
    assert origin is not None and origin.attrib == {"xyz": "0 0 0.1", "rpy": "0 0 1.5"}


def test_every_link_weighs_something() -> None:
    robot = ET.fromstring(attach_tool(BARE, ToolMount("base")))
    for link in robot.findall("link")[1:]:
        mass = link.find("inertial/mass")
        assert mass is not None and float(mass.attrib["value"]) > 0


def test_unknown_link_names_the_known() -> None:
    with pytest.raises(ValueError, match="'flange', valid: base"):
        attach_tool(BARE, ToolMount("flange"))


@pytest.mark.parametrize("name", ["panda", "kuka", "xarm"])
def test_meshes_are_found_from_anywhere(name: str) -> None:
    meshes = list(ET.fromstring(robot_urdf(load_robot(name))).iter("mesh"))
    assert meshes
    for mesh in meshes:
        assert Path(mesh.attrib["filename"].removeprefix("file://")).is_file()
