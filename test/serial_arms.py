"""Arms that nobody has a file of: descriptions with every kind of joint, and their settings."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from fmac_ros.robots import RobotConfig, load_robot

FRANKA_FR3 = "franky_sim/assets/fr3.urdf"  # by the manufacturer's franka_description


def franka_fr3() -> str:
    """The manufacturer's description of the FR3, as the simulated one has it."""
    import franky_sim

    folder = Path(franky_sim.__file__).parent / "assets"
    return (folder / "fr3.urdf").read_text().replace('"meshes/', f'"{folder}/meshes/')


def _joint(name, kind, parent, child, xyz, axis="0 0 1", limit='lower="-2.8" upper="2.8"'):
    limits = f'<limit {limit} effort="50" velocity="2"/>' if limit is not None else ""
    return (
        f'<joint name="{name}" type="{kind}"><origin xyz="{xyz}" rpy="0 0 0"/>'
        f'<axis xyz="{axis}"/><parent link="{parent}"/><child link="{child}"/>{limits}</joint>'
    )


def _robot(name, joints, extra=""):
    children = [joint.split('child link="')[1].split('"')[0] for joint in joints]
    links = "".join(f'<link name="{link}"/>' for link in ["base", *children])
    return f'<robot name="{name}">{links}{"".join(joints)}{extra}</robot>'


def _config(name, joint_names, home, lower, upper, tip):
    size = len(joint_names)
    ones = np.ones(size)
    return dataclasses.replace(
        load_robot("ur10e"),
        name=name,
        joint_names=tuple(joint_names),
        ee_link="tool",
        home=np.array(home, float),
        lower=np.array(lower, float),
        upper=np.array(upper, float),
        velocity=1.5 * ones,
        acceleration=8.0 * ones,
        jerk=80.0 * ones,
        workspace_lower=np.array(tip) - 0.12,
        workspace_upper=np.array(tip) + 0.12,
        gripper_joint_names=(),
        gripper_closed=(),
        gripper_open=(),
    )


def endless() -> tuple[RobotConfig, str]:
    """Seven joints, every other one turns without end and says no limits; fingers that mimic."""
    axes = ("0 0 1", "0 1 0") * 3 + ("0 0 1",)
    lengths = (0.3, 0.1, 0.3, 0.1, 0.3, 0.1, 0.15)
    joints = [
        _joint(
            f"j{i}",
            "continuous" if axes[i] == "0 0 1" else "revolute",
            "base" if i == 0 else f"l{i - 1}",
            f"l{i}",
            f"0 0 {lengths[i]}",
            axes[i],
            None if axes[i] == "0 0 1" else 'lower="-2.4" upper="2.4"',
        )
        for i in range(7)
    ]
    joints.append(_joint("mount", "fixed", "l6", "tool", "0 0 0.1"))
    joints.append(
        _joint("finger", "prismatic", "l6", "left", "0 0 0.1", limit='lower="0" upper="1"')
    )
    mimic = _joint("other", "prismatic", "l6", "right", "0 0 0.1", limit='lower="0" upper="1"')
    joints.append(mimic.replace("</joint>", '<mimic joint="finger"/></joint>'))
    control = '<ros2_control name="c" type="system"><joint name="j0"/></ros2_control>'
    wide, narrow = 6.2, 2.3
    bounds = [wide, narrow] * 3 + [wide]
    home = [0.1, 0.5, 0.0, 1.5, 0.0, 1.1, 0.2]
    config = _config(
        "endless",
        [f"j{i}" for i in range(7)],
        home,
        np.negative(bounds),
        bounds,
        [0.56, 0.06, 0.33],
    )
    return config, _robot("endless", joints, control)


def gantry() -> tuple[RobotConfig, str]:
    """A rail, a lift and an arm of four turning joints on them: slides and turns in one chain."""
    joints = [
        _joint(
            "rail", "prismatic", "base", "carriage", "0 0 0.3", "0 1 0", 'lower="-0.5" upper="0.5"'
        ),
        _joint(
            "lift", "prismatic", "carriage", "column", "0 0 0.1", "0 0 1", 'lower="0" upper="0.6"'
        ),
        _joint("turn", "revolute", "column", "upper", "0 0 0.05", "0 0 1"),
        _joint("bend", "revolute", "upper", "lower", "0.3 0 0", "0 0 1"),
        _joint("tilt", "revolute", "lower", "wrist", "0.3 0 0", "0 1 0"),
        _joint("roll", "revolute", "wrist", "hand", "0.1 0 0", "1 0 0"),
        _joint("mount", "fixed", "hand", "tool", "0.1 0 0"),
    ]
    names = ["rail", "lift", "turn", "bend", "tilt", "roll"]
    home = [0.0, 0.3, -0.6, 1.2, 0.2, 0.0]
    lower = [-0.48, 0.02] + [-2.7] * 4
    upper = [0.48, 0.58] + [2.7] * 4
    return _config("gantry", names, home, lower, upper, [0.66, 0.11, 0.71]), _robot(
        "gantry", joints
    )
