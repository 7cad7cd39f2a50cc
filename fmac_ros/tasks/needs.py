"""What a task needs of a run, where its user does not choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fmac_ros import task_setting
from fmac_ros.learning.config import INFORMED
from fmac_ros.tasks.registry import TASKS, find_goal

GRIPPER_SPACE = "ee_delta_gripper"
# What inverse dynamics says of a gripper is the habit of play, which would guide it wrongly.
GRIPPER_NEEDS: dict[str, Any] = {"action_space": GRIPPER_SPACE, "kl_weight": INFORMED}


def needs_of(task: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Action space, KL weights and time limit of a task setting that ``defaults`` do not suit.

    A sentence without a simulated scene needs nothing that we know of.

    Raises:
        ValueError: two sentences need different ones; names both.
    """
    first, *others = task_setting.split(task)
    needs = _needs(first, defaults)
    for other in others:
        if {**defaults, **_needs(other, defaults)} != {**defaults, **needs}:
            raise ValueError(
                f"one policy cannot learn {first!r}, which needs {_said(needs)}, and {other!r}, "
                f"which needs {_said(_needs(other, defaults))}; valid: tasks that need the same"
            )
    return needs


def _needs(sentence: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    try:
        task = TASKS[find_goal(sentence).task]
    except ValueError:
        return {}
    needs = GRIPPER_NEEDS.copy() if task.gripper else {}
    if task.horizon > defaults["horizon"]:
        needs["horizon"] = task.horizon
    return needs


def _said(needs: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in needs.items()) or "nothing special"
