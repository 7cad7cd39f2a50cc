"""The URDF of a Franka arm, for hosts where no vendor's bring-up publishes one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from fmac_ros.sim.tool import absolute_meshes

FRANKY_SIM_PREFIX = "franky_sim:"  # the vendor's own description, as franky-sim carries it
_ASSETS = "assets"


def read_description(name: str) -> str:
    """URDF text with absolute mesh names; empty for an empty name.

    Args:
        name: a path, or ``franky_sim:`` and a file that the package franky-sim carries.

    Raises:
        ValueError: the package is not installed.
        OSError: there is no such file.
    """
    if not name:
        return ""
    path = Path(name)
    if name.startswith(FRANKY_SIM_PREFIX):
        path = _packaged() / name.removeprefix(FRANKY_SIM_PREFIX)
    return absolute_meshes(path.read_text(encoding="utf-8"), path.parent)


def _packaged() -> Path:
    found = importlib.util.find_spec("franky_sim")  # without its import, which starts a simulator
    if found is None or found.origin is None:
        raise ValueError(
            "franky-sim is not installed, which carries the arm's URDF: pip install franky-sim,"
            " or name a file of your own as the description"
        )
    return Path(found.origin).parent / _ASSETS
