"""URDF texts that stand for the /robot_description of arms that the package has no files of."""

from __future__ import annotations

from fmac_ros.robots import load_robot
from fmac_ros.sim.tool import robot_urdf

# Denavit-Hartenberg parameters d [m], a [m], alpha [rad], as Universal Robots publishes them.
UR10E = (
    ("shoulder_pan_joint", 0.1807, 0.0, 1.5707963),
    ("shoulder_lift_joint", 0.0, -0.6127, 0.0),
    ("elbow_joint", 0.0, -0.57155, 0.0),
    ("wrist_1_joint", 0.17415, 0.0, 1.5707963),
    ("wrist_2_joint", 0.11985, 0.0, -1.5707963),
    ("wrist_3_joint", 0.11655, 0.0, 0.0),
)


def ur10e_description(velocity: float = 3.2) -> str:
    """A UR10e without shapes; ``velocity`` is every joint's limit [rad/s]."""
    links = ['<link name="base_link"/>']
    joints, parent, before = [], "base_link", 'xyz="0 0 0" rpy="0 0 3.1415927"'
    for index, (name, d, a, alpha) in enumerate(UR10E):
        child = f"link_{index}"
        links.append(f'<link name="{child}"/>')
        joints.append(
            f'<joint name="{name}" type="revolute"><origin {before}/><axis xyz="0 0 1"/>'
            f'<parent link="{parent}"/><child link="{child}"/>'
            f'<limit lower="-6.2832" upper="6.2832" effort="100" velocity="{velocity}"/></joint>'
        )
        parent, before = child, f'xyz="{a} 0 {d}" rpy="{alpha} 0 0"'
    links.append('<link name="tool0"/>')
    joints.append(
        f'<joint name="flange" type="fixed"><origin {before}/>'
        f'<parent link="{parent}"/><child link="tool0"/></joint>'
    )
    return f'<robot name="ur10e">{"".join(links + joints)}</robot>'


def fr3_description() -> str:
    """The Panda under the names of a Franka Research 3, whose links have the same lengths."""
    text = robot_urdf(load_robot("panda")).replace("panda_grasptarget", "fr3_hand_tcp")
    return text.replace("panda_", "fr3_")
