"""The arguments of the launch files, made from the table of settings."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from launch import LaunchContext
from launch.action import Action
from launch.actions import DeclareLaunchArgument, LogInfo

from fmac_ros.graph import WITH_SCENE
from fmac_ros.robots import simulated_robots
from fmac_ros.settings import SETTINGS, Parameters, Value, parse


def declare(defaults: Mapping[str, Value], graph: str) -> list[Action]:
    """An argument for every setting, with its help, default and choices."""
    return [
        DeclareLaunchArgument(
            name,
            default_value=_text(default),
            description=SETTINGS[name].help + _range(name),
            choices=_choices(name, default, graph),
        )
        for name, default in defaults.items()
    ]


def _range(name: str) -> str:
    low, high = SETTINGS[name].minimum, SETTINGS[name].maximum
    if high is not None:
        return f"; {low or 0:g} to {high:g}"
    return f"; {low:g} or more" if low is not None else ""


def _choices(name: str, default: Value, graph: str) -> list[str] | None:
    if isinstance(default, bool):
        return ["true", "false"]
    if name == "robot" and graph in WITH_SCENE:
        return list(simulated_robots())
    choices = SETTINGS[name].choices
    return list(choices()) if choices else None


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def read(context: LaunchContext, defaults: Mapping[str, Value]) -> Parameters:
    """The settings as they were given. Raises ValueError for text that is none."""
    texts = context.launch_configurations
    return {name: parse(name, texts[name], defaults) for name in defaults}


def changed(given: Parameters, defaults: Parameters) -> Parameters:
    """What is not as by default. Launch does not tell a default from a choice, and what a task
    needs, or a run that exists says, must not be undone by a default."""
    return {name: value for name, value in given.items() if value != defaults[name]}


def unknown(context: LaunchContext, known: list[str]) -> list[Action]:
    """Launch ignores an argument that nobody declares; a misspelt one should be seen."""
    given = [text.partition(":=")[0] for text in context.argv if ":=" in text]
    told = []
    for name in (name for name in given if name not in known):
        close = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {close[0]}?" if close else "; --show-args lists them"
        told.append(LogInfo(msg=f"WARNING: no argument {name!r} here, it is ignored{hint}"))
    return told
