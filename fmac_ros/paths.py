"""Where the package finds its files, in a source tree, a venv or a ROS install."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

SHARE = Path("share", "fmac_ros", "config")


def package_dir() -> Path:
    """Folder of the Python package, which holds assets/ and weights/."""
    return Path(__file__).resolve().parent


def config_dir() -> Path:
    """Folder with robots/ and the node parameters; FileNotFoundError if there is none."""
    places = list(_config_places())
    for place in places:
        if (place / "robots").is_dir():
            return place
    looked = ", ".join(str(place) for place in places)
    raise FileNotFoundError(
        f"no config folder with robots/ in it; looked in {looked}. "
        "Set FMAC_CONFIG_DIR to the project's config folder."
    )


def cache_dir() -> Path:
    """Folder for files that can be made again, created on demand."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("FMAC_CACHE_DIR") or Path(base) / "fmac_ros")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _config_places() -> Iterator[Path]:
    """Candidate folders, the first that exists wins.

    FMAC_CONFIG_DIR is the user's word, so nothing else is looked at when it is set.
    """
    chosen = os.environ.get("FMAC_CONFIG_DIR")
    if chosen:
        yield Path(chosen)
        return
    yield package_dir().parent / "config"
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        if prefix:
            yield Path(prefix) / SHARE
    yield Path(sys.prefix) / SHARE
