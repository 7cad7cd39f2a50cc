"""The arm in a URDF: one serial chain from the base to the tool, joint by joint."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

from fmac_ros.robots import RobotConfig

REVOLUTE, PRISMATIC, CONTINUOUS, FIXED = "revolute", "prismatic", "continuous", "fixed"
MOVABLE = (REVOLUTE, PRISMATIC, CONTINUOUS)


def parse(urdf: str, name: str) -> ET.Element:
    """The URDF's root element; ValueError where the text of robot ``name`` is not XML."""
    try:
        return ET.fromstring(urdf)
    except ET.ParseError as error:
        raise ValueError(f"robot_description of {name} is not XML: {error}") from error


def joints_of(root: ET.Element) -> dict[str, ET.Element]:
    """Joints by name. Transmissions and ros2_control have elements of that name, too."""
    return {str(joint.get("name")): joint for joint in root.findall("joint")}


def missing_joints(joints: dict[str, ET.Element], robot: RobotConfig) -> str:
    """What the description lacks of the robot's joints, with a hint at a prefix; else empty."""
    missing = [name for name in robot.joint_names if name not in joints]
    if not missing:
        return ""
    alike = [name for name in joints if name.endswith(missing[0]) and name != missing[0]]
    prefix = alike[0].removesuffix(missing[0]) if alike else ""
    hint = (
        f"; it has {alike[0]}: for joints that begin with {prefix!r}, give a copy of"
        f" config/robots/{robot.name}.yaml their names"
        if prefix
        else ""
    )
    return f"lacks the joints {', '.join(missing)}{hint}"


def arm_urdf(robot: RobotConfig, urdf: str) -> str:
    """The URDF for the robot's model: joints that turn without end get the limits of its file.

    Raises:
        ValueError: the robot's joints and its tool link are not one serial chain.
    """
    root = parse(urdf, robot.name)
    joints = joints_of(root)
    if missing_joints(joints, robot):
        return urdf  # who builds the model says so
    _check_chain(root, joints, robot)
    turning = [n for n in robot.joint_names if joints[n].get("type") == CONTINUOUS]
    for name in turning:
        _bound(joints[name], robot, robot.joint_names.index(name))
    return ET.tostring(root, encoding="unicode") if turning else urdf


def _bound(joint: ET.Element, robot: RobotConfig, index: int) -> None:
    joint.set("type", REVOLUTE)
    limit = joint.find("limit")
    limit = ET.SubElement(joint, "limit", effort="1") if limit is None else limit
    limit.set("lower", repr(float(robot.lower[index])))
    limit.set("upper", repr(float(robot.upper[index])))
    if not math.isfinite(float(limit.get("velocity", "nan"))):
        limit.set("velocity", repr(float(robot.velocity[index])))


def _check_chain(root: ET.Element, joints: dict[str, ET.Element], robot: RobotConfig) -> None:
    """ValueError unless exactly the robot's joints move its tool link, in their order."""
    if robot.ee_link not in {link.get("name") for link in root.findall("link")}:
        return  # who builds the model says so
    chain = _chain(joints, robot)
    listed = list(robot.joint_names)
    where = f"{robot.name}: the joints from the base to {robot.ee_link} are {', '.join(chain)}"
    if aside := [name for name in listed if name not in chain]:
        raise ValueError(f"{where}; {', '.join(aside)} do not move it, valid: one serial chain")
    if more := [name for name in chain if name not in listed]:
        raise ValueError(f"{where}; {', '.join(more)} would move it unseen, list them or fix them")
    if chain != listed:
        raise ValueError(f"{where}; they are listed as {', '.join(listed)}, valid: that order")
    for name in listed:
        kind, mimics = joints[name].get("type"), joints[name].find("mimic") is not None
        if kind not in MOVABLE or mimics:
            found = "mimics another one" if mimics else f"is {kind}"
            raise ValueError(f"joint {name} of {robot.name} {found}, valid: {', '.join(MOVABLE)}")


def _chain(joints: dict[str, ET.Element], robot: RobotConfig) -> list[str]:
    """Names of the joints that are not fixed, from the root to the tool link."""
    above = {_link(joint, "child"): name for name, joint in joints.items()}
    chain: list[str] = []
    seen: set[str] = set()
    link = robot.ee_link
    while link in above and link not in seen:
        seen.add(link)
        name = above[link]
        if joints[name].get("type") != FIXED:
            chain.append(name)
        link = _link(joints[name], "parent")
    return chain[::-1]


def _link(joint: ET.Element, end: str) -> str:
    found = joint.find(end)
    return "" if found is None else str(found.get("link"))
