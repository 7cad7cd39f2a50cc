"""The core knows no ROS: only fmac_ros/ros and fmac_ros/nodes may import it.

``fmac_ros/cli`` stands on top of all, like a launch file: it wires the layers together, but
imports no ROS itself.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fmac_ros.paths import package_dir

GENERATED = {"fmac_ros.msg", "fmac_ros.srv", "fmac_ros.action"}
ROS_MODULES = {"rclpy", "launch", "launch_ros", "tf2_ros", "cv_bridge", "message_filters"}
LAYERS = {"core": 0, "ros": 1, "nodes": 2, "cli": 3}
WITH_ROS = ("ros", "nodes")


def layer_of(module: str) -> str:
    """Layer that a module of this package belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else "core"


def is_ros(module: str) -> bool:
    """Whether a module is ROS or needs a ROS build."""
    top = module.split(".")[0]
    if any(module == name or module.startswith(f"{name}.") for name in GENERATED):
        return True
    return top in ROS_MODULES or top.endswith(("_msgs", "_interfaces", "_srvs"))


def imported(tree: ast.AST, module: str, is_package: bool) -> Iterator[str]:
    """All modules that a file imports, at its top or inside functions, relative ones resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")[: None if is_package else -1]
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package, with its file."""
    root = package_dir()
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def violations(text: str, module: str, is_package: bool = False) -> list[str]:
    """Imports of one file that its layer does not allow."""
    layer = layer_of(module)
    found = imported(ast.parse(text), module, is_package)
    return [
        name
        for name in dict.fromkeys(found)
        if (layer not in WITH_ROS and is_ros(name))
        or (name.startswith("fmac_ros.") and LAYERS[layer_of(name)] > LAYERS[layer])
    ]


@pytest.mark.parametrize(("module", "file"), list(modules()), ids=lambda value: str(value))
def test_imports_go_one_way(module: str, file: Path) -> None:
    assert not violations(file.read_text(), module, file.name == "__init__.py")


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("fmac_ros.learning.x", "import rclpy"),
        ("fmac_ros.learning.x", "def f():\n    from sensor_msgs.msg import Image"),
        ("fmac_ros.learning.x", "from fmac_ros import msg"),
        ("fmac_ros.learning.x", "from ..msg import Observation"),
        ("fmac_ros.learning.x", "from fmac_ros.ros import qos"),
        ("fmac_ros.x", "from .nodes import state_node"),
        ("fmac_ros.x", "from fmac_ros.cli import main"),
        ("fmac_ros.cli.x", "import rclpy"),
        ("fmac_ros.ros.x", "from fmac_ros.nodes.state_node import StateNode"),
    ],
)
def test_the_rule_finds_what_it_forbids(module: str, text: str) -> None:
    assert violations(text, module)


def test_core_is_importable_without_ros() -> None:
    layers = {name: layer_of(name) for name, file in modules() if file.stem != "__main__"}
    core = [name for name, layer in layers.items() if layer not in WITH_ROS]
    code = (
        "import importlib, sys\n"
        f"for name in {core!r}: importlib.import_module(name)\n"
        "bad = sorted(m for m in sys.modules if m.split('.')[0] in ('rclpy', 'sensor_msgs'))\n"
        "sys.exit(f'imported: {bad}' if bad else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
