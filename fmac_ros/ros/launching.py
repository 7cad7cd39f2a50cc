"""The graph as a ROS 2 launch description; only launch files import this.

``launch`` and ``launch_ros`` come with a ROS install. Without one, ``fmac`` starts the same
nodes from the same description (``fmac_ros.graph``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
from fmac_ros.graph import (
    OF_HARDWARE,
    PACKAGE,
    RESPAWN_LIMIT,
    NodeSpec,
    after_exit,
    describe,
    settings_of,
)
from fmac_ros.run_dir import RunDir
from fmac_ros.settings import SETTINGS, Parameters, Value, parse
from fmac_ros.start import EVALUATION, evaluation_settings, open_run, trainer_settings
from fmac_ros.supervisor import ESCALATION

# Longer than none: launch must see a Shutdown before it starts a process again.
RESPAWN_DELAY_S = 1.0
ENCLAVE = "enclave"


@dataclass(frozen=True)
class RobotSide:
    """What a launch file starts beside the graph, for a robot side that is not ours.

    Attributes:
        arguments: further arguments of the launch file.
        topics: topic of the robot side by the launch argument that renames it.
        actions: called with the settings of the run, in its directory.
    """

    arguments: tuple[Action, ...] = ()
    topics: Mapping[str, str] | None = None
    actions: Callable[[LaunchContext, Parameters, RunDir], list[Action]] | None = None

    def renamed(self, context: LaunchContext) -> list[tuple[str, str]]:
        """The topics' remappings."""
        given = context.launch_configurations
        return [(topic, given[name]) for name, topic in (self.topics or {}).items()]

    def declared(self) -> list[Action]:
        """All further arguments."""
        topics = [
            DeclareLaunchArgument(name, default_value=topic, description=f"topic to use as {topic}")
            for name, topic in (self.topics or {}).items()
        ]
        return [*self.arguments, *topics]

    def started(
        self, context: LaunchContext, settings: Parameters, run_dir: RunDir
    ) -> list[Action]:
        """What it starts."""
        return self.actions(context, settings, run_dir) if self.actions else []


def train_description(graph: str, side: RobotSide | None = None) -> LaunchDescription:
    """A training graph with an argument for every setting that its nodes read."""
    side = side or RobotSide()
    defaults = settings_of(graph)

    def nodes(context: LaunchContext) -> list[Action]:
        given = _read(context, defaults)
        place, resume = given.pop("run_dir"), given.pop("resume")
        chosen = _changed(given, defaults)
        run_dir, settings = open_run(chosen, Path(place) if place else None, resume, graph)
        told = LogInfo(msg=f"the run is kept in {run_dir.path}")
        specs = describe(graph, trainer_settings(graph, settings, run_dir))
        return [told, *side.started(context, settings, run_dir), *_nodes(context, specs, side)]

    return _description(_arguments(defaults), side, nodes)


def evaluation_description(graph: str, side: RobotSide | None = None) -> LaunchDescription:
    """The graph that evaluates the policy of a run; what it evaluates is read from the run."""
    side = side or RobotSide()
    asked = (*EVALUATION, *OF_HARDWARE)
    defaults = {name: value for name, value in settings_of(graph).items() if name in asked}

    def nodes(context: LaunchContext) -> list[Action]:
        run_dir = RunDir(Path(context.launch_configurations["run_dir"]))
        given = _read(context, defaults)
        anew = {name: value for name, value in given.items() if name in EVALUATION}
        settings = {**run_dir.load_settings(), **_changed(given, defaults), **anew}
        specs = describe(graph, evaluation_settings(settings, run_dir, graph))
        told = LogInfo(msg=f"the result will be in {run_dir.evaluation}")
        return [told, *side.started(context, settings, run_dir), *_nodes(context, specs, side)]

    run_dir = DeclareLaunchArgument("run_dir", description="directory of the run to evaluate")
    return _description([run_dir, *_arguments(defaults)], side, nodes)


def _description(
    arguments: list[Action], side: RobotSide, nodes: Callable[[LaunchContext], list[Action]]
) -> LaunchDescription:
    enclave = DeclareLaunchArgument(
        ENCLAVE,
        default_value="",
        description="parent of the nodes' security enclaves, as /fmac; none: no security",
    )
    declared = [*arguments, *side.declared(), enclave]
    return LaunchDescription([*declared, *_environment(), OpaqueFunction(function=nodes)])


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


def _changed(given: Parameters, defaults: Parameters) -> Parameters:
    """What is not as by default. Launch does not tell a default from a choice, and what a task
    needs, or a run that exists says, must not be undone by a default."""
    return {name: value for name, value in given.items() if value != defaults[name]}


def _environment() -> list[Action]:
    return [SetEnvironmentVariable(name, value) for name, value in process_environment().items()]


def _nodes(context: LaunchContext, specs: Iterable[NodeSpec], side: RobotSide) -> list[Action]:
    enclave = context.launch_configurations[ENCLAVE]
    return [_node(spec, side.renamed(context), enclave) for spec in specs]


def _node(spec: NodeSpec, remappings: list[tuple[str, str]], enclave: str) -> Action:
    return Node(
        package=PACKAGE,
        executable=spec.executable,
        name=spec.name,
        parameters=[spec.parameters],
        remappings=remappings,
        ros_arguments=["--enclave", f"{enclave}/{spec.name}"] if enclave else [],
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
