"""A stand-in for ROS's ``launch`` and ``launch_ros`` that records what a launch file asks for.

Those packages come with a ROS install only; the launch files must be checked without one.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

# What imports them, and must not outlive a test.
SAW_THEM = ("fmac_ros.ros.launching", "fmac_ros.ros.launching_real")


@dataclass
class Context:
    """The part of ``launch.LaunchContext`` that launch files use."""

    launch_configurations: dict[str, str] = field(default_factory=dict)
    is_shutdown: bool = False


class Recorded:
    """Any launch entity: keeps its arguments as attributes."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        self.args = args
        self.__dict__.update(keywords)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{type(self).__name__} was made without {name}")


class Description(Recorded): ...


class Argument(Recorded): ...


class Opaque(Recorded):
    function: Callable[[Context], list[Recorded]]


class Shutdown(Recorded): ...


class Log(Recorded): ...


class Node(Recorded): ...


class Include(Recorded): ...


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the recorder importable under the names of the real packages."""
    contents: dict[str, dict[str, Any]] = {
        "launch": {"LaunchContext": Context, "LaunchDescription": Description},
        "launch.action": {"Action": Recorded},
        "launch.actions": {
            "DeclareLaunchArgument": Argument,
            "IncludeLaunchDescription": Include,
            "LogInfo": Log,
            "OpaqueFunction": Opaque,
            "SetEnvironmentVariable": Recorded,
            "Shutdown": Shutdown,
        },
        "launch.launch_description_sources": {"PythonLaunchDescriptionSource": Recorded},
        "launch.substitutions": {"PathJoinSubstitution": Recorded},
        "launch.events": {},
        "launch.events.process": {"ProcessExited": Recorded},
        "launch_ros": {},
        "launch_ros.actions": {"Node": Node},
        "launch_ros.substitutions": {"FindPackageShare": Recorded},
    }
    for name, content in contents.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    for module in SAW_THEM:
        monkeypatch.delitem(sys.modules, module, raising=False)
