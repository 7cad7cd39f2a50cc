"""A parallel gripper of plain boxes, put on any arm that comes without one.

Its proportions are those of the Panda's hand, because priors carry over to an arm they
have not seen only if the tool looks alike.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from fmac_ros.robots import RobotConfig, ToolMount, simulated_robots

TOOL_LINKS = ("hand", "finger_left", "finger_right")
TIP_LINK = "tool_tip"
FINGER_JOINTS = ("finger_left_joint", "finger_right_joint")

HAND_SIZE = (0.063, 0.204, 0.066)  # [m], x thickness, y width, z height
FINGER_SIZE = (0.022, 0.022, 0.054)  # [m]
FINGER_STROKE = 0.04  # [m] per finger
TIP_HEIGHT = 0.105  # [m] from the flange, on the finger pads, as on the Panda


def robot_urdf(robot: RobotConfig) -> str:
    """URDF text of an arm with its tool and absolute mesh names, as /robot_description has it.

    Raises:
        ValueError: the package has none of this arm.
    """
    if robot.urdf is None:
        raise ValueError(
            f"robot {robot.name} has no URDF here, only its own /robot_description;"
            f" valid in simulation: {', '.join(simulated_robots())}"
        )
    path = Path(robot.urdf)
    text = absolute_meshes(path.read_text(encoding="utf-8"), path.parent)
    return attach_tool(text, robot.tool) if robot.tool else text


def attach_tool(urdf: str, mount: ToolMount) -> str:
    """Return the URDF text with the gripper on it; ValueError if the link is unknown."""
    robot = ET.fromstring(urdf)
    links = [link.get("name") for link in robot.findall("link")]
    if mount.link not in links:
        raise ValueError(f"tool link is {mount.link!r}, valid: {', '.join(map(str, links))}")
    _box_link(robot, "hand", HAND_SIZE, 0.0, mass=0.73)
    _joint(robot, "hand_joint", "fixed", mount.link, "hand", mount.xyz, mount.rpy)
    for name, joint, side in zip(TOOL_LINKS[1:], FINGER_JOINTS, (1.0, -1.0), strict=True):
        _box_link(robot, name, FINGER_SIZE, side * FINGER_SIZE[1] / 2, mass=0.05)
        slide = _joint(robot, joint, "prismatic", "hand", name, (0.0, 0.0, HAND_SIZE[2]))
        ET.SubElement(slide, "axis", xyz=_text((0.0, side, 0.0)))
        limit = {"lower": "0", "upper": f"{FINGER_STROKE}", "effort": "20", "velocity": "0.2"}
        ET.SubElement(slide, "limit", limit)
    _inertial(ET.SubElement(robot, "link", name=TIP_LINK), {}, 0.001, (0.01, 0.01, 0.01))
    _joint(robot, "tool_tip_joint", "fixed", "hand", TIP_LINK, (0.0, 0.0, TIP_HEIGHT))
    return ET.tostring(robot, encoding="unicode")


def absolute_meshes(urdf: str, folder: Path) -> str:
    """Give every mesh an absolute name, which needs no search path to be found."""
    robot = ET.fromstring(urdf)
    for mesh in robot.iter("mesh"):
        name = str(mesh.get("filename")).removeprefix("package://")
        path = folder / name
        if not path.is_file():
            raise FileNotFoundError(f"mesh {name} is not under {folder}")
        mesh.set("filename", path.as_uri())
    return ET.tostring(robot, encoding="unicode")


def _box_link(
    robot: ET.Element, name: str, size: tuple[float, float, float], y: float, mass: float
) -> None:
    """Add a box that stands on its origin, its centre ``y`` [m] to the side."""
    link = ET.SubElement(robot, "link", name=name)
    centre = {"xyz": _text((0.0, y, size[2] / 2)), "rpy": "0 0 0"}
    _inertial(link, centre, mass, size)
    for kind in ("visual", "collision"):
        shape = ET.SubElement(link, kind)
        ET.SubElement(shape, "origin", centre)
        ET.SubElement(ET.SubElement(shape, "geometry"), "box", size=_text(size))


def _inertial(
    link: ET.Element, centre: dict[str, str], mass: float, size: tuple[float, float, float]
) -> None:
    """Give a link the mass [kg] of a solid box; a link without any weighs 1 kg in PyBullet."""
    inertial = ET.SubElement(link, "inertial")
    ET.SubElement(inertial, "origin", centre)
    ET.SubElement(inertial, "mass", value=f"{mass}")
    ET.SubElement(inertial, "inertia", _box_inertia(size, mass))


def _box_inertia(size: tuple[float, float, float], mass: float) -> dict[str, str]:
    x, y, z = (side**2 for side in size)
    moments = {"ixx": y + z, "iyy": x + z, "izz": x + y}
    inertia = {key: f"{mass / 12 * value:.3e}" for key, value in moments.items()}
    return inertia | {"ixy": "0", "ixz": "0", "iyz": "0"}


def _joint(
    robot: ET.Element,
    name: str,
    kind: str,
    parent: str,
    child: str,
    xyz: tuple[float, float, float],
    rpy: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> ET.Element:
    joint = ET.SubElement(robot, "joint", name=name, type=kind)
    ET.SubElement(joint, "parent", link=parent)
    ET.SubElement(joint, "child", link=child)
    ET.SubElement(joint, "origin", xyz=_text(xyz), rpy=_text(rpy))
    return joint


def _text(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)
