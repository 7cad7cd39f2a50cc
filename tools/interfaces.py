"""Build msg/, srv/ and action/ into a virtual environment that holds the ROS wheels."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from failure import SetupError

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("CMakeLists.txt", "package.xml", "requirements.txt", "constraints.txt")
FOLDERS = ("msg", "srv", "action")
PACKAGE = "fmac_ros"
# The generated Python modules get a folder of their own below the environment. In
# site-packages their empty fmac_ros/__init__.py would hide the source tree's.
PYTHON_FOLDER = "lib/fmac_ros_interfaces"
# Paths of the machine that built the wheels, written into their CMake exports.
WHEEL_PYTHON = "/opt/python/cp311-cp311"


def fingerprint() -> str:
    """Hash of everything that the built interfaces depend on."""
    files = [ROOT / name for name in SOURCES]
    files += [file for folder in FOLDERS for file in sorted((ROOT / folder).iterdir())]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def build(venv: Path, environment: dict[str, str], log: Path) -> None:
    """Generate, compile and install the interfaces into ``venv``; the output goes to ``log``.

    Raises:
        SetupError: CMake or the compiler failed.
    """
    python = venv / "bin/python"
    folders = _python_folders(python, environment)
    _mend_wheel_exports(venv, folders)
    work = venv / "build" / PACKAGE
    shutil.rmtree(work, ignore_errors=True)
    cmake = str(venv / "bin/cmake")  # the wheel's: every machine builds with the same version
    configure = [cmake, "-S", str(ROOT), "-B", str(work), *_options(venv, python)]
    compile_ = [cmake, "--build", str(work), "--parallel", str(_jobs())]
    environment = {
        **environment,
        "AMENT_PREFIX_PATH": str(venv),
        "CMAKE_PREFIX_PATH": str(venv),
        "PATH": f"{venv / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}",
    }
    with log.open("w") as output:
        for command in (configure, compile_):
            _run(command, environment, output.fileno(), log)
        # Only now: until here the interfaces of the last build still work.
        shutil.rmtree(venv / PYTHON_FOLDER, ignore_errors=True)
        _run([cmake, "--install", str(work)], environment, output.fileno(), log)
    _link_python(venv, Path(folders[2]))
    shutil.rmtree(work)


def _options(venv: Path, python: Path) -> list[str]:
    return [
        "-G",
        "Unix Makefiles",
        "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_INSTALL_PREFIX={venv}",
        "-DCMAKE_INSTALL_LIBDIR=lib",
        f"-DPYTHON_INSTALL_DIR={PYTHON_FOLDER}",
        f"-DPython3_EXECUTABLE={python}",
        "-DPython3_FIND_VIRTUALENV=ONLY",
        "-DFMAC_INTERFACES_ONLY=ON",
        "-DBUILD_TESTING=OFF",
    ]


def _jobs() -> int:
    return max(1, len(os.sched_getaffinity(0)))


def _python_folders(python: Path, environment: dict[str, str]) -> tuple[str, str, str]:
    """Folders of the headers of Python and numpy, and of site-packages."""
    code = (
        "import numpy, sysconfig as s;"
        "print(s.get_path('include'), numpy.get_include(), s.get_path('purelib'), sep='\\n')"
    )
    output = subprocess.run(
        [str(python), "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    include, numpy_include, site_packages = output.stdout.splitlines()
    return include, numpy_include, site_packages


def _mend_wheel_exports(venv: Path, folders: tuple[str, str, str]) -> None:
    """Replace paths of the wheels' build machine by the ones of this environment."""
    include, numpy_include, _ = folders
    replacements = {
        f"{WHEEL_PYTHON}/lib/python3.11/site-packages/numpy/_core/include": numpy_include,
        f"{WHEEL_PYTHON}/include/python3.11": include,
    }
    for file in venv.glob("share/*/cmake/*Export.cmake"):
        text = file.read_text()
        if WHEEL_PYTHON not in text:
            continue
        for old, new in replacements.items():
            text = text.replace(old, new)
        file.write_text(text)


def _run(command: list[str], environment: dict[str, str], output: int, log: Path) -> None:
    done = subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    if done.returncode == 0:
        return
    lines = log.read_text(errors="replace").splitlines()
    if any("No space left on device" in line for line in lines):
        raise SetupError(f"the disk is full: free some space below {ROOT}, then run make setup")
    errors = [line.strip() for line in lines if "error" in line.lower()] or lines[-1:] or [""]
    raise SetupError(f"building the interfaces failed: {errors[0]} (whole output in {log})")


def _link_python(venv: Path, site_packages: Path) -> None:
    """Make ``fmac_ros.msg`` importable beside the sources; see fmac_ros/__init__.py."""
    folder = venv / PYTHON_FOLDER
    (folder / PACKAGE / "__init__.py").unlink()
    for metadata in folder.glob(f"{PACKAGE}-*-info"):
        shutil.rmtree(metadata)
    (site_packages / "fmac_ros_interfaces.pth").write_text(f"{folder}\n")
