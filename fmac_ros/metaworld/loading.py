"""The optional dependency, imported here alone."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

from fmac_ros.metaworld.tasks import env_name

INSTALL = 'pip install "fmac_ros[metaworld]", or make setup (docs/metaworld.md)'


def require() -> None:
    """Check that Meta-World is installed, without importing it.

    Raises:
        ValueError: it is not.
    """
    if importlib.util.find_spec("metaworld") is None:
        raise ValueError(f"Meta-World is not installed, valid: {INSTALL}")


def make_env(task: str) -> Any:
    """The environment of a task; every reset after ``seed`` draws the layout of that seed."""
    require()
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS

    env: Any = ALL_V3_ENVIRONMENTS[env_name(task)]()
    # Its benchmarks draw 50 layouts from the global generator and replay them. These are the
    # switches by which it draws from a generator of its own instead.
    env.seeded_rand_vec = True
    env._freeze_rand_vec = False
    env._set_task_called = True
    return env


def make_policy(task: str) -> Any:
    """The scripted policy of a task, which reads the whole state: for videos and tests alone."""
    require()
    from metaworld.policies import ENV_POLICY_MAP

    # They ask for more than an environment takes and warn of it; the controller clips.
    warnings.filterwarnings("ignore", message="Constant", module="metaworld.policies")
    policies: Any = ENV_POLICY_MAP
    return policies[env_name(task)]()
