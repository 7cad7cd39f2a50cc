"""What the package's several build files say must agree."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import fmac_ros
from fmac_ros.paths import package_dir

ROOT = package_dir().parent
NODES = sorted(file.stem for file in (package_dir() / "nodes").glob("[a-z]*.py"))
# What rosdep and colcon know as ROS packages, beside what the sources import.
BUILT = {"fmac_ros"}


def manifest() -> ElementTree.Element:
    """package.xml."""
    return ElementTree.parse(ROOT / "package.xml").getroot()


def text(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text()


def test_versions_agree() -> None:
    assert manifest().findtext("version") == fmac_ros.__version__
    assert f"\n## {fmac_ros.__version__}\n" in text("CHANGELOG.md")


def test_setup_py_states_name_version_and_licence() -> None:
    command = [sys.executable, "setup.py", "--name", "--version", "--license"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    licence = manifest().findtext("license")
    assert done.stdout.split()[-3:] == ["fmac_ros", fmac_ros.__version__, licence]


# Not in every ROS distribution's index: no dependency, and imported in one file alone.
VENDORS = {"franka_msgs": "franka_host.py"}


@pytest.mark.parametrize("folder", ["msg", "srv", "action"])
def test_cmake_generates_every_interface(folder: str) -> None:
    listed = set(re.findall(rf"^\s+({folder}/\w+\.\w+)$", text("CMakeLists.txt"), re.MULTILINE))
    assert listed == {f"{folder}/{file.name}" for file in (ROOT / folder).iterdir()}


def test_every_interface_field_is_in_a_commented_file() -> None:
    for folder in ("msg", "srv", "action"):
        for file in (ROOT / folder).iterdir():
            assert file.read_text().startswith("# "), f"{file} does not say what it is"


@pytest.mark.parametrize("node", NODES)
def test_every_node_has_a_main_for_its_executable(node: str) -> None:
    template = text("scripts/node.py.in").replace("@NODE@", node)
    assert f"from fmac_ros.nodes.{node} import main" in template
    compile(template, node, "exec")
    assert re.search(r"^def main\(", text(f"fmac_ros/nodes/{node}.py"), re.MULTILINE)


def test_every_folder_of_python_files_is_a_package() -> None:
    folders = {file.parent for file in package_dir().rglob("*.py")}
    missing = [folder for folder in folders if not (folder / "__init__.py").is_file()]
    assert not missing, "pip would leave these folders out"


def test_ros_packages_that_the_sources_import_are_declared() -> None:
    files = [*package_dir().rglob("*.py"), *(ROOT / "launch").glob("*.py")]
    imports = {
        name
        for file in files
        for name in re.findall(r"^\s*(?:from|import) (\w+)", file.read_text(), re.MULTILINE)
        if name.endswith(("_msgs", "_interfaces", "_srvs")) or name in {"rclpy", "launch_ros"}
    }
    declared = {child.text for child in manifest() if child.tag.endswith("depend")}
    assert imports <= declared | BUILT | set(VENDORS)


@pytest.mark.parametrize("package", VENDORS)
def test_what_a_vendor_builds_is_imported_in_one_file(package: str) -> None:
    found = re.compile(rf"^(\s*)(?:from|import) {package}\b", re.MULTILINE)
    users = [file for file in package_dir().rglob("*.py") if found.search(file.read_text())]
    assert [file.name for file in users] == [VENDORS[package]]
    assert all(indent for indent in found.findall(users[0].read_text())), "only where it is used"


def test_weights_fit_into_the_repository() -> None:
    files = [file for file in (package_dir() / "weights").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 25e6


@pytest.mark.skipif(
    importlib.util.find_spec("rclpy") is None, reason="needs ROS and the built interfaces"
)
def test_generated_interfaces_join_the_source_tree() -> None:
    code = (
        "import fmac_ros.msg as m, fmac_ros as f; from fmac_ros.msg import Transition;"
        "print(f.__file__); Transition()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()) == package_dir() / "__init__.py"


def test_every_import_is_pinned() -> None:
    files = [*package_dir().rglob("*.py"), *(ROOT / "test").rglob("*.py")]
    pattern = re.compile(r"^\s*(?:from|import) (\w+)", re.MULTILINE)
    imports = {name for file in files for name in pattern.findall(file.read_text())}
    owners = importlib.metadata.packages_distributions()
    pinned = {_plain(line.split("==")[0]) for line in text("requirements.txt").splitlines()}
    unpinned = {
        name
        for name in imports - BUILT
        if owners.get(name) and not any(_is_pinned(owner, pinned) for owner in owners[name])
    }
    assert not unpinned, "requirements.txt does not name the packages of these"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_pinned(distribution: str, pinned: set[str]) -> bool:
    """The ROS wheels are named ros-<package>, what pins them ros-<distribution>-<package>."""
    name = _plain(distribution)
    return name in pinned or any(
        re.fullmatch(rf"ros-\w+-{name.removeprefix('ros-')}", pin) for pin in pinned
    )
