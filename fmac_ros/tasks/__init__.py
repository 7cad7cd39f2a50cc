"""The simulated tasks, and which of them a sentence asks for."""

import fmac_ros.sim  # noqa: F401  (first: it loads PyBullet without its greeting)
from fmac_ros.tasks.base import Goal, Layout, Task, wordings
from fmac_ros.tasks.registry import TASKS, find_goal, sentences

__all__ = ["TASKS", "Goal", "Layout", "Task", "find_goal", "sentences", "wordings"]
