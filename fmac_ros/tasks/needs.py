"""What a task needs of a run, where its user does not choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fmac_ros.tasks.registry import TASKS, find_goal

GRIPPER_SPACE = "ee_delta_gripper"


def needs_of(sentence: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The action space and time limit of a task that the ``defaults`` do not suit.

    A sentence without a simulated scene needs nothing that we know of.
    """
    try:
        task = TASKS[find_goal(sentence).task]
    except ValueError:
        return {}
    needs: dict[str, Any] = {"action_space": GRIPPER_SPACE} if task.gripper else {}
    if task.horizon > defaults["horizon"]:
        needs["horizon"] = task.horizon
    return needs
