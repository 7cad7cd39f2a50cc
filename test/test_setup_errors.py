"""What is missing on a machine becomes one line that says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import checks
import environment
import interfaces
import pip_runner
import pytest
import set_up
from failure import SetupError

ROOT = Path(environment.__file__).resolve().parent.parent
FILES = ("setup.py", "pyproject.toml", "package.xml", "CMakeLists.txt", "requirements.txt")
FOLDERS = ("tools", "msg", "srv", "action")
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the set-up reads, without an environment."""
    for name in (*FILES, "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run_set_up(project: Path, **variables: str) -> str:
    """Run the set-up, expect a failure, and give back the error."""
    clean = environment.clean_environment()
    command = [str(Path(sys.base_prefix) / "bin" / "python3.11"), str(project / "tools/set_up.py")]
    done = subprocess.run(command, env={**clean, **variables}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("error: ")
    return done.stderr


def commands(folder: Path, *names: str) -> Path:
    """A folder for the PATH that holds nothing but ``names``."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to("/bin/true")
    return folder


needs_python_3_11 = pytest.mark.skipif(
    not (Path(sys.base_prefix) / "bin" / "python3.11").exists(), reason="needs Python 3.11"
)


@needs_python_3_11
def test_no_gcc(project: Path) -> None:
    error = run_set_up(project, PATH=str(commands(project / "bin")))
    assert "gcc is not on the PATH" in error and "apt install gcc" in error
    assert not (project / ".venv").exists()


@needs_python_3_11
def test_no_cpp_compiler(project: Path) -> None:
    error = run_set_up(project, PATH=str(commands(project / "bin", "gcc")))
    assert "g++ is not on the PATH" in error and "apt install g++" in error


@needs_python_3_11
def test_no_network(project: Path) -> None:
    offline = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    shadow = {"PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": "", "PIP_CONFIG_FILE": os.devnull}
    error = run_set_up(project, **offline, **shadow, PIP_NO_CACHE_DIR="1")
    assert "cannot reach its package index" in error and "HTTPS_PROXY" in error


def test_no_python_3_11(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_up.sys, "version_info", (3, 9, 18))
    monkeypatch.setattr(set_up, "candidates", lambda: ["/nonexistent/python3.11"])
    with pytest.raises(SystemExit, match="Python 3.11 is needed.* this is 3.9.*PYTHON=") as caught:
        set_up.ensure_python()
    assert "\n" not in str(caught.value)


def test_another_python_starts_over_with_3_11(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(set_up.sys, "version_info", (3, 12, 1))
    monkeypatch.setattr(set_up, "candidates", lambda: ["/broken/python3.11", "/good/python3.11"])
    monkeypatch.setattr(set_up, "works", lambda python: python.startswith("/good"))
    monkeypatch.setattr(set_up.os, "execv", lambda python, arguments: _record(started, arguments))
    with pytest.raises(SystemExit):
        set_up.ensure_python()
    assert started[0][0] == "/good/python3.11"


def _record(started: list[list[str]], arguments: list[str]) -> None:
    started.append(arguments)
    raise SystemExit(0)


@pytest.mark.parametrize(("where", "free_gb"), [("root", 1.0), ("temporary", 0.2)])
def test_no_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str, free_gb: float
) -> None:
    def usage(place: Path) -> Usage:
        is_full = (place == tmp_path) == (where == "root")
        return Usage(0, 0, (free_gb if is_full else 100.0) * 1e9)

    monkeypatch.setattr(checks.shutil, "disk_usage", usage)
    with pytest.raises(SetupError, match=rf"{free_gb:.1f} GB are free at .* are needed"):
        checks.check_disk(tmp_path)


def test_disk_full_on_the_way() -> None:
    output = "ERROR: Could not install packages due to an OSError: No space left on device"
    with pytest.raises(SetupError, match="the disk is full"):
        pip_runner.raise_if_disk_full(output)


def test_no_python_headers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checks.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(SetupError, match="Python.h is not in .*python3.11-dev"):
        checks.check_headers()


@pytest.mark.parametrize("machine", [("Darwin", "arm64"), ("Linux", "aarch64")])
def test_no_wheels_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, machine: tuple[str, str]
) -> None:
    monkeypatch.setattr(checks.platform, "system", lambda: machine[0])
    monkeypatch.setattr(checks.platform, "machine", lambda: machine[1])
    with pytest.raises(SetupError, match=f"this is {machine[0]} {machine[1]}"):
        checks.check_platform()


def test_old_libc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.platform, "libc_ver", lambda: ("glibc", "2.27"))
    with pytest.raises(SetupError, match="glibc 2.28 or newer, this is glibc 2.27"):
        checks.check_platform()


def test_interfaces_are_built_again_when_one_changes(
    monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    monkeypatch.setattr(interfaces, "ROOT", project)
    before = interfaces.fingerprint()
    assert interfaces.fingerprint() == before
    with (project / "msg/GateStatus.msg").open("a") as file:
        file.write("bool another\n")
    assert interfaces.fingerprint() != before
