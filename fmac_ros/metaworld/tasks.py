"""The eight Meta-World tasks of the follow-up paper, and the sentences that ask for them.

Knows nothing of the simulator, so that sentences can be listed where it is not installed.
"""

from __future__ import annotations

from fmac_ros.tasks.base import Goal
from fmac_ros.tasks.lookup import look_up

ARM = "sawyer"
# A step is as many of Meta-World's frames as its scripted policies can do without looking: with
# 3 they solve all eight tasks, with 4 they hardly ever pick the block up.
FRAMES_PER_STEP = 3
HORIZON = 100  # [steps]; the scripted policies need 15 to 30, bin-picking's up to 90

# The first sentence of each stands for the task; all of them mean the same.
SENTENCES: dict[str, tuple[str, ...]] = {
    "bin-picking": (
        "put the green block into the blue bin",
        "move the green block from the red bin to the blue bin",
        "pick up the green block and drop it in the blue bin",
    ),
    "button-press-topdown": (
        "press the red button down",
        "push the red button from above",
        "press down on the red button",
    ),
    "door-open": (
        "open the door",
        "pull the door open by its handle",
        "swing the door of the safe open",
    ),
    "door-unlock": (
        "unlock the door",
        "turn the lock of the door open",
        "open the lock of the door",
    ),
    "drawer-close": (
        "close the drawer",
        "push the drawer shut",
        "shut the green drawer",
    ),
    "drawer-open": (
        "open the drawer",
        "pull the drawer open",
        "pull out the green drawer",
    ),
    "hammer": (
        "hammer the nail into the block",
        "drive the nail in with the hammer",
        "pick up the hammer and hit the nail",
    ),
    "window-close": (
        "close the window",
        "slide the window shut",
        "push the window closed by its handle",
    ),
}


def find_goal(sentence: str) -> Goal:
    """Find the task that a sentence asks for; case, spaces and a full stop do not matter.

    Raises:
        ValueError: no task is known for the sentence; names the closest ones.
    """
    known = {text: Goal(task, "", text) for task, texts in SENTENCES.items() for text in texts}
    return look_up(sentence, known, "fmac_ros/metaworld/tasks.py")


def sentence_of(task: str) -> str:
    """The sentence that stands for a task: a sentence itself, or one of the task of that name.

    Raises:
        ValueError: neither; names the closest sentences.
    """
    return SENTENCES[task][0] if task in SENTENCES else find_goal(task).sentence


def env_name(task: str) -> str:
    """Meta-World's own name of a task."""
    return f"{task}-v3"
