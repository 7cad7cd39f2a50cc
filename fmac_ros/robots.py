"""The arms we know: one frozen RobotConfig per file in config/robots/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from fmac_ros.driver_config import Driver, read_drivers
from fmac_ros.paths import config_dir, package_dir

PYBULLET_PREFIX = "pybullet_data:"
PER_JOINT = ("home", "lower", "upper", "velocity", "acceleration", "jerk")


@dataclass(frozen=True)
class ToolMount:
    """Where the box gripper sits: on ``link``, at ``xyz`` [m] and ``rpy`` [rad].

    The fingers open along the gripper's y axis and point along its z axis.
    """

    link: str
    xyz: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class RobotConfig:
    """One arm with its tool. The world frame has z = 0 at the table top.

    Attributes:
        urdf: path of the arm's URDF file; sim.tool.robot_urdf() gives the text with the tool.
            None for an arm that is known from its /robot_description only.
        joint_names: the n arm joints, from base to flange.
        ee_link: link whose origin is the tool tip and whose z axis points forward.
        home: (n,) joint positions with the tool pointing down [rad].
        lower, upper: (n,) position limits [rad].
        velocity, acceleration, jerk: (n,) limits [rad/s, rad/s^2, rad/s^3]. All limits
            are the vendor's with the margins of the file already taken off.
        workspace_lower, workspace_upper: (3,) box for the tool tip, world frame [m].
        controller: name of the ros2_control trajectory controller.
        control_rate_hz: commands per second.
        base_position: (3,) origin of the arm's base in the world [m].
        gripper_joint_names: finger joints.
        gripper_closed, gripper_open: their positions where the gripper is closed and open [m].
        gripper_controller: name of the ros2_control trajectory controller of the fingers.
        tool: mount of the box gripper; None for an arm whose URDF has a hand of its own.
        drivers: ways to drive the real arm, by name.
        cameras: file of the real arm's cameras, as the setting ``cameras`` takes it.
    """

    name: str
    urdf: str | None
    joint_names: tuple[str, ...]
    ee_link: str
    home: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray
    workspace_lower: np.ndarray
    workspace_upper: np.ndarray
    controller: str
    control_rate_hz: float
    base_position: np.ndarray
    gripper_joint_names: tuple[str, ...]
    gripper_closed: tuple[float, ...]
    gripper_open: tuple[float, ...]
    gripper_controller: str
    tool: ToolMount | None = None
    drivers: Mapping[str, Driver] = field(default_factory=dict)
    cameras: str = ""

    def __post_init__(self) -> None:
        for name in PER_JOINT:
            self._check_vector(name, len(self.joint_names))
        for name in ("workspace_lower", "workspace_upper", "base_position"):
            self._check_vector(name, 3)
        for name in ("velocity", "acceleration", "jerk"):
            if np.any(getattr(self, name) <= 0):
                raise ValueError(f"robot {self.name}: {name} must be positive everywhere")
        if np.any(self.home < self.lower) or np.any(self.home > self.upper):
            raise ValueError(f"robot {self.name}: home {self.home} is outside the joint limits")
        if np.any(self.workspace_lower >= self.workspace_upper):
            raise ValueError(f"robot {self.name}: workspace_lower must be below workspace_upper")
        for name in ("gripper_closed", "gripper_open"):
            if len(self.gripper_joint_names) != len(getattr(self, name)):
                raise ValueError(f"robot {self.name}: {name} needs one value per finger")
        if self.control_rate_hz <= 0:
            rate = self.control_rate_hz
            raise ValueError(f"robot {self.name}: control_rate_hz is {rate}, valid: more than 0")

    def driver(self, name: str) -> Driver:
        """One of the arm's drivers; ValueError for a name that its file does not have."""
        if name not in self.drivers:
            known = ", ".join(self.drivers)
            raise ValueError(f"driver is {name!r}, valid for robot {self.name}: {known}")
        return self.drivers[name]

    @property
    def size(self) -> int:
        """Number of arm joints n."""
        return len(self.joint_names)

    def _check_vector(self, name: str, size: int) -> None:
        value = getattr(self, name)
        if value.shape != (size,) or not np.all(np.isfinite(value)):
            raise ValueError(f"robot {self.name}: {name} is {value}, valid: {size} finite numbers")


def known_robots() -> tuple[str, ...]:
    """Names that load_robot takes."""
    return tuple(sorted(path.stem for path in (config_dir() / "robots").glob("*.yaml")))


def simulated_robots() -> tuple[str, ...]:
    """Names of the arms whose URDF the package has, so that they can be simulated."""
    return tuple(name for name in known_robots() if "urdf" in _read(name))


def load_robot(name: str) -> RobotConfig:
    """Read config/robots/<name>.yaml; ValueError for an unknown name or a bad file."""
    if name not in known_robots():
        raise ValueError(f"robot is {name!r}, valid: {', '.join(known_robots())}")
    try:
        return _from_dict(name, _read(name))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{_file(name)}: missing or malformed entry {error}") from error


def vendor_limits(name: str) -> dict[str, np.ndarray]:
    """(n,) ``lower``, ``upper``, ``velocity``, ``acceleration`` and ``jerk``, without margins."""
    return {key: np.array(values, float) for key, values in _read(name)["vendor_limits"].items()}


def _file(name: str) -> Path:
    return config_dir() / "robots" / f"{name}.yaml"


def _read(name: str) -> Any:
    return yaml.safe_load(_file(name).read_text(encoding="utf-8"))


def _from_dict(name: str, data: dict[str, Any]) -> RobotConfig:
    values = dict(data, name=name)
    urdf = values.get("urdf")
    values["urdf"] = str(_urdf_path(urdf)) if urdf else None
    if values.get("tool"):
        values["tool"] = ToolMount(**values["tool"])
    values.update(_limits(values.pop("vendor_limits"), values.pop("margins")))
    for key in (*PER_JOINT, "workspace_lower", "workspace_upper", "base_position"):
        values[key] = _frozen(values[key])
    for key in ("joint_names", "gripper_joint_names", "gripper_closed", "gripper_open"):
        values[key] = tuple(values[key])
    values["drivers"] = read_drivers(name, values["controller"], values.get("drivers"))
    unknown = set(values) - {known.name for known in fields(RobotConfig)}
    if unknown:
        raise ValueError(f"robot {name}: unknown entries {', '.join(sorted(unknown))}")
    return RobotConfig(**values)


def _limits(vendor: dict[str, list[float]], margins: dict[str, float]) -> dict[str, np.ndarray]:
    """Vendor limits less margins: ``position`` [rad] inside, the others as factors."""
    limits = {
        "lower": np.asarray(vendor["lower"], float) + margins["position"],
        "upper": np.asarray(vendor["upper"], float) - margins["position"],
    }
    for key in ("velocity", "acceleration", "jerk"):
        limits[key] = np.asarray(vendor[key], float) * margins[key]
    return limits


def _frozen(values: Any) -> np.ndarray:
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array


def _urdf_path(urdf: str) -> Path:
    path = package_dir() / urdf
    if urdf.startswith(PYBULLET_PREFIX):
        import pybullet_data  # only simulation installs it

        path = Path(pybullet_data.getDataPath(), urdf[len(PYBULLET_PREFIX) :])
    if not path.is_file():
        raise FileNotFoundError(f"URDF {urdf!r} is not at {path}")
    return path
