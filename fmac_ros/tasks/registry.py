"""Every simulated task by name, and the sentences that lead to it."""

from __future__ import annotations

from fmac_ros.tasks.base import Goal, Task, wordings
from fmac_ros.tasks.close_drawer import CloseDrawer
from fmac_ros.tasks.lookup import look_up
from fmac_ros.tasks.open_drawer import OpenDrawer
from fmac_ros.tasks.pick_place import PickPlace
from fmac_ros.tasks.press_button import PressButton
from fmac_ros.tasks.push import Push
from fmac_ros.tasks.reach import Reach

TASKS: dict[str, Task] = {
    task.name: task
    for task in (PressButton(), Reach(), Push(), OpenDrawer(), CloseDrawer(), PickPlace())
}


def sentences() -> dict[str, Goal]:
    """Every sentence that a simulated scene exists for, with its goal."""
    return {
        sentence: Goal(task.name, target, sentence)
        for task in TASKS.values()
        for target in task.targets
        for sentence in wordings(task, target)
    }


def find_goal(sentence: str) -> Goal:
    """Find the scene that a sentence asks for; case, spaces and a full stop do not matter.

    Only the simulator needs this, to set the scene up: a real table is set up by a person.

    Raises:
        ValueError: no scene is known for the sentence; names the closest ones.
    """
    return look_up(sentence, sentences(), "fmac_ros/tasks")
