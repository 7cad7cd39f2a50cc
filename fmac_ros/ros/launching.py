"""The graph as a ROS 2 launch description; only launch files import this.

``launch`` and ``launch_ros`` come with a ROS install. Without one, ``fmac`` starts the same
nodes from the same description (``fmac_ros.graph``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import (
    DeclareLaunchArgument,
    LogInfo,
    OpaqueFunction,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.events.process import ProcessExited
from launch_ros.actions import Node

from fmac_ros.environment import process_environment
from fmac_ros.graph import PACKAGE, RESPAWN_LIMIT, NodeSpec, after_exit, describe, settings_of
from fmac_ros.run_dir import RunDir
from fmac_ros.settings import SETTINGS, Parameters, Value, parse
from fmac_ros.start import EVALUATION, evaluation_settings, open_run, trainer_settings
from fmac_ros.supervisor import ESCALATION

# What belongs to the cell and not to the run that is kept: it is said anew each time.
OF_THE_CELL = ("cameras", "scene_reset")
# Longer than none: launch must see a Shutdown before it starts a process again.
RESPAWN_DELAY_S = 1.0


def train_description(graph: str, remappings: Mapping[str, str] | None = None) -> LaunchDescription:
    """A training graph with an argument for every setting that its nodes read.

    Args:
        remappings: topic of the robot side by the launch argument that renames it.
    """
    defaults = settings_of(graph)
    renamed = remappings or {}

    def nodes(context: LaunchContext) -> list[Action]:
        given = _read(context, defaults)
        place, resume = given.pop("run_dir"), given.pop("resume")
        cameras = {name: given.pop(name) for name in OF_THE_CELL if name in given}
        chosen = _only_changed(given, defaults) if resume else given
        run_dir, settings = open_run(chosen, Path(place) if place else None, resume)
        topics = {topic: context.launch_configurations[name] for name, topic in renamed.items()}
        told = LogInfo(msg=f"the run is kept in {run_dir.path}")
        specs = describe(graph, {**trainer_settings(graph, settings, run_dir), **cameras})
        return [told, *(_node(spec, topics.items()) for spec in specs)]

    topics = [
        DeclareLaunchArgument(name, default_value=topic, description=f"topic to use as {topic}")
        for name, topic in renamed.items()
    ]
    return LaunchDescription([*_arguments(defaults), *topics, *_environment(), _opaque(nodes)])


def evaluation_description() -> LaunchDescription:
    """The graph that evaluates the policy of a run; what it evaluates is read from the run."""
    graph = "eval_sim"
    defaults = {name: value for name, value in settings_of(graph).items() if name in EVALUATION}

    def nodes(context: LaunchContext) -> list[Action]:
        run_dir = RunDir(Path(context.launch_configurations["run_dir"]))
        settings = {**run_dir.load_settings(), **_read(context, defaults)}
        specs = describe(graph, evaluation_settings(settings, run_dir))
        told = LogInfo(msg=f"the result will be in {run_dir.evaluation}")
        return [told, *(_node(spec) for spec in specs)]

    run_dir = DeclareLaunchArgument("run_dir", description="directory of the run to evaluate")
    return LaunchDescription([run_dir, *_arguments(defaults), *_environment(), _opaque(nodes)])


def _arguments(defaults: Mapping[str, Value]) -> list[Action]:
    return [
        DeclareLaunchArgument(
            name,
            default_value=_text(default),
            description=SETTINGS[name].help,
            choices=_choices(name, default),
        )
        for name, default in defaults.items()
    ]


def _choices(name: str, default: Value) -> list[str] | None:
    choices = SETTINGS[name].choices
    if isinstance(default, bool):
        return ["true", "false"]
    return list(choices()) if choices else None


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(context: LaunchContext, defaults: Mapping[str, Value]) -> Parameters:
    texts = context.launch_configurations
    return {name: parse(name, texts[name], defaults) for name in defaults}


def _only_changed(given: Parameters, defaults: Parameters) -> Parameters:
    """Launch does not tell a default from a choice; resuming must not undo the run's own."""
    return {name: value for name, value in given.items() if value != defaults[name]}


def _environment() -> list[Action]:
    return [SetEnvironmentVariable(name, value) for name, value in process_environment().items()]


def _opaque(function: Callable[[LaunchContext], list[Action]]) -> Action:
    return OpaqueFunction(function=function)


def _node(spec: NodeSpec, remappings: Iterable[tuple[str, str]] = ()) -> Action:
    return Node(
        package=PACKAGE,
        executable=spec.executable,
        name=spec.name,
        parameters=[spec.parameters],
        remappings=list(remappings),
        output="screen",
        respawn=True,
        respawn_delay=RESPAWN_DELAY_S,
        sigterm_timeout=str(ESCALATION[0][1]),
        on_exit=_on_exit(spec),
    )


def _on_exit(spec: NodeSpec) -> Callable[[ProcessExited, LaunchContext], list[Action]]:
    deaths = 0

    def decide(event: ProcessExited, context: LaunchContext) -> list[Action]:
        nonlocal deaths
        if context.is_shutdown:
            return []
        verdict = after_exit(spec, event.returncode, deaths)
        if verdict == "end":
            return [Shutdown(reason=f"{spec.name} is done")]
        if verdict == "fail":
            return [Shutdown(reason=f"{spec.name} stays down (exit code {event.returncode})")]
        deaths += 1
        return [LogInfo(msg=f"starting {spec.name} again ({deaths} of {RESPAWN_LIMIT})")]

    return decide
