"""What franka_ros2 says of an arm, and how it is told to recover: the messages of franka_msgs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NO_FRANKA_MSGS = (
    "franka_watch needs the package franka_msgs of franka_ros2, which is not on the path: "
    "build it and source its workspace"
)
# franka_msgs/FrankaRobotState, robot_mode: how it is called, and whether a controller may move.
MODES = {
    0: ("in an unknown mode", False),
    1: ("idle", True),
    2: ("moving", True),
    3: ("guided by hand", False),
    4: ("in a reflex stop: see why, then call recover", False),
    5: ("stopped by its user stop", False),
    6: ("recovering from an error", False),
}


@dataclass(frozen=True)
class FrankaHost:
    """The types of franka_msgs.

    Attributes:
        state: FrankaRobotState.
        recovery: the action ErrorRecovery.
        mode: robot_mode of a state.
    """

    state: type[Any]
    recovery: type[Any]
    mode: Callable[[Any], int]


def load_host() -> FrankaHost:
    """The types; ValueError where franka_ros2 is not there."""
    try:
        from franka_msgs.action import ErrorRecovery
        from franka_msgs.msg import FrankaRobotState
    except ImportError as error:
        raise ValueError(NO_FRANKA_MSGS) from error
    return FrankaHost(FrankaRobotState, ErrorRecovery, lambda state: int(state.robot_mode))


def reading(mode: int) -> tuple[str, bool]:
    """What a robot mode means, and whether the arm may move; an unknown one may not."""
    return MODES.get(mode, (f"in mode {mode}, which is not known", False))
