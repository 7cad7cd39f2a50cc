"""What a command found, for people and (--json) for scripts."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import fmac_ros
from fmac_ros.paths import package_dir
from fmac_ros.priors.spec import algorithm_label
from fmac_ros.report.history import History
from fmac_ros.report.wilson import interval

PACKAGES = ("rclpy", "torch", "numpy", "pybullet", "pin", "transformers", "diffusers")


def payload(
    settings: Mapping[str, Any], evaluation: Mapping[str, Any], history: History
) -> dict[str, Any]:
    """Put a run's result together.

    Args:
        settings: the settings of the run.
        evaluation: what the evaluator wrote.
        history: the training.
    """
    successes, episodes = evaluation["successes"], evaluation["episodes"]
    low, high = interval(successes, episodes)
    return {
        "task": settings["task"],
        "robot": settings["robot"],
        "algorithm": algorithm_label(settings["algorithm"], settings["priors"]),
        "priors": algorithm_label(settings["priors"], settings["priors"]),
        "seed": settings["seed"],
        "env_steps": history.env_steps,
        "train_seconds": round(history.train_seconds, 1),
        "eval_successes": successes,
        "eval_episodes": episodes,
        "eval_success_rate": successes / episodes,
        "eval_interval_95": [round(low, 4), round(high, 4)],
        **_unseen(evaluation),
        "evaluation": dict(evaluation),
        "settings": dict(settings),
        "versions": versions(),
        "commit": commit(),
    }


def _unseen(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Of several tasks: success in wordings that were never trained on."""
    if "unseen_episodes" not in evaluation:
        return {}
    solved, episodes = evaluation["unseen_successes"], evaluation["unseen_episodes"]
    bounds = [round(bound, 4) for bound in interval(solved, episodes)]
    return {
        "unseen_successes": solved,
        "unseen_episodes": episodes,
        "unseen_success_rate": solved / episodes,
        "unseen_interval_95": bounds,
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a result depends on."""
    found = {"fmac_ros": fmac_ros.__version__, "python": platform.python_version()}
    return found | versions_of(PACKAGES)


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Versions of installed packages by name, ``unknown`` where one is missing."""
    found = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found


def commit() -> str:
    """Commit of the source tree, ``-dirty`` if changed, ``unknown`` outside of one."""
    tree = package_dir().parent
    if not (tree / ".git").exists():
        return "unknown"
    command = ["git", "-C", str(tree), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def write_json(path: Path, result: Mapping[str, Any]) -> None:
    """Write a result; a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(result, indent=2, allow_nan=False) + "\n")
    partial.replace(path)


def success_line(result: Mapping[str, Any]) -> str:
    """Success on the held-out layouts in one line; of several tasks, another for new wordings."""
    line = f"success on {result['eval_episodes']} held-out layouts: {_said(result, 'eval')}"
    if "unseen_episodes" not in result:
        return line
    return f"{line}\nthe same in wordings never trained on: {_said(result, 'unseen')}"


def _said(result: Mapping[str, Any], kind: str) -> str:
    low, high = result[f"{kind}_interval_95"]
    return (
        f"{result[f'{kind}_successes']} of {result[f'{kind}_episodes']} "
        f"({result[f'{kind}_success_rate']:.0%}, 95 % interval {low:.0%} to {high:.0%})"
    )


def error(message: str) -> None:
    """Tell the user what went wrong."""
    print(f"fmac: error: {message}", file=sys.stderr)
