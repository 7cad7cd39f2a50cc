"""The robot side of a real arm's graph: our own driver, and what surrounds the arm."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from typing import Any

from fmac_ros.driver_config import FRANKA, REAL_CELL, SIMULATED_CELL

Parameters = dict[str, Any]


def absent(graph: str, settings: Mapping[str, Any]) -> set[str]:
    """Nodes of a real arm's graph that the settings leave out.

    Raises:
        ValueError: the settings do not fit together.
    """
    check(settings)
    left = set() if settings["driver"] == FRANKA else {"franka_driver"}
    if settings["cell"] == REAL_CELL:
        left.add("cell_sim")
        if graph.startswith("train"):
            left.add("evaluator_node")  # a real table has no ground truth to compare with
    return left


def check(settings: Mapping[str, Any]) -> None:
    """Refuse what does not fit together.

    Raises:
        ValueError: says what does.
    """
    address, ours = settings["address"], settings["driver"] == FRANKA
    if ours and not address:
        raise ValueError("driver franka needs the address of the arm, as 172.16.0.2")
    if settings["cell"] == SIMULATED_CELL and not (ours and is_loopback(address)):
        raise ValueError(
            f"cell is simulated, driver {settings['driver']} and address {address!r}, valid: "
            "driver franka and a loopback address such as 127.0.0.1, where fmac franky-sim "
            "listens; a real arm moves in a real cell"
        )


def parameters(settings: Mapping[str, Any]) -> dict[str, Parameters]:
    """What the settings decide of the nodes' own parameters."""
    simulated = settings["cell"] == SIMULATED_CELL
    if not simulated:
        return {"evaluator_node": {"judge": "person"}}
    # A renderer has no noise: a picture that stays the same is right there.
    return {
        "franka_driver": {"realtime": "ignore"},
        "state_node": {"frozen_after": 0.0},
        "evaluator_node": {"judge": "truth"},
        "reset_node": {"scene_reset": _scene_reset(settings["scene_reset"])},
    }


def _scene_reset(chosen: str) -> str:
    """Nobody can reach into a simulated cell: it resets itself."""
    return "service" if chosen == "person" else chosen


def is_loopback(address: str) -> bool:
    """Whether an address cannot leave this machine."""
    try:
        return ipaddress.ip_address(socket.gethostbyname(address)).is_loopback
    except OSError:
        return False
