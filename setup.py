"""Packaging for pip. On a ROS 2 host, colcon reads package.xml and CMakeLists.txt instead."""

import re
from glob import glob
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
NAME = "fmac_ros"


def version() -> str:
    """The version, from the one place that states it for Python."""
    text = (ROOT / NAME / "__init__.py").read_text()
    found = re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE)
    assert found is not None
    return found.group(1)


setup(
    name=NAME,
    version=version(),
    description="Foundation-Model-assisted Actor-Critic: an arm learns a skill from a sentence",
    license="Apache-2.0",
    python_requires=">=3.10,<3.13",
    # The root, not the package, goes on the path: the interfaces join it there, see __init__.py.
    package_dir={"": "."},
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["assets/**/*", "weights/**/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/launch", sorted(glob("launch/*.py"))),
        (f"share/{NAME}/config", sorted(glob("config/*.*"))),
        (f"share/{NAME}/config/robots", sorted(glob("config/robots/*.yaml"))),
    ],
    install_requires=[
        "matplotlib>=3.5",
        "numpy>=1.23",
        "rich>=12",
    ],
    entry_points={"console_scripts": ["fmac = fmac_ros.cli.main:main"]},
    zip_safe=False,
)
