"""The one description of the ROS graph, read by the launch files and by ``fmac``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fmac_ros.cameras.config import load_cameras
from fmac_ros.paths import config_dir
from fmac_ros.settings import Parameters, Value, check, load_defaults

PACKAGE = "fmac_ros"
RESPAWN_LIMIT = 3
EXIT_CONFIGURATION = 2  # a node's parameters are not valid: starting it again cannot help


@dataclass(frozen=True)
class Graph:
    """What a graph fixes, whatever its user chooses: settings, and parameters of single nodes."""

    settings: Parameters
    nodes: Mapping[str, Parameters] = field(default_factory=dict)


# The simulator stamps cameras and joints alike, and in lock-step a lost image costs a wait.
# A renderer has no noise: a picture that stays the same is right there.
SIMULATED = Graph(
    {"use_sim_time": True},
    {"state_node": {"sensor_reliability": "reliable", "frozen_after": 0.0}},
)
# Real cameras are not synchronous with the joints, and a person arms a real arm.
REAL = Graph(
    {"use_sim_time": False, "lockstep": False},
    {"state_node": {"slop": 0.03}, "policy_node": {"start_armed": False, "follow_timeout": 1.0}},
)
GRAPHS = {"train_sim": SIMULATED, "eval_sim": SIMULATED, "train_real": REAL}


@dataclass(frozen=True)
class NodeSpec:
    """One node of a graph, ready to start.

    Attributes:
        name: node name, unique in the graph.
        module: the Python module that runs it.
        parameters: every parameter that the node declares, with its value.
        needs: nodes that it waits for when they are gone.
        ends_graph: its clean exit is the end of the whole graph.
    """

    name: str
    module: str
    parameters: Parameters
    needs: tuple[str, ...] = ()
    ends_graph: bool = False

    @property
    def executable(self) -> str:
        """The program in lib/fmac_ros: several cameras are nodes of one."""
        return self.module.rpartition(".")[2]


@dataclass(frozen=True)
class _Role:
    """A node's part in some graphs; ``settings`` are the shared settings it reads."""

    name: str
    graphs: tuple[str, ...]
    settings: tuple[str, ...]
    needs: tuple[str, ...] = ()
    fixed: Parameters = field(default_factory=dict)
    ends_graph: bool = False


SIM = ("train_sim", "eval_sim")
TRAIN = ("train_sim", "train_real")
EVERY = tuple(GRAPHS)
WITH_CAMERAS = ("train_real",)

ROLES = (
    _Role("pybullet_sim", SIM, ("robot", "task", "seed", "action_space", "lockstep")),
    _Role("state_node", EVERY, ("robot",), ("pybullet_sim",)),
    _Role("prior_server", EVERY, ("priors", "success_fpr", "success_fpr_per")),
    _Role(
        "policy_node",
        EVERY,
        ("robot", "action_space", "priors", "lockstep", "look_ahead", "success_frames"),
        ("state_node", "prior_server"),
    ),
    _Role(
        "trainer_node",
        TRAIN,
        ("robot", "task", "seed", "algorithm", "objective", "behaviour", "use_video", "use_value")
        + ("env_steps", "horizon", "action_space", "priors", "look_ahead", "run_dir", "resume")
        + ("audit", "reliability", "warm_start", "choose_by_q"),
        ("pybullet_sim", "prior_server", "policy_node"),
        ends_graph=True,
    ),
    _Role("evaluator_node", ("train_sim",), ("run_dir",), fixed={"mode": "observe"}),
    _Role(
        "evaluator_node",
        ("eval_sim",),
        ("task", "horizon", "behaviour", "episodes", "checkpoint", "result_file"),
        ("pybullet_sim", "policy_node"),
        fixed={"mode": "evaluate"},
        ends_graph=True,
    ),
)


def describe(graph: str, given: Mapping[str, Value]) -> tuple[NodeSpec, ...]:
    """Describe every node of a graph.

    Args:
        graph: a name in ``GRAPHS``.
        given: the settings that differ from the defaults.

    Raises:
        ValueError: no such graph or setting, or a value that is not valid.
    """
    if graph not in GRAPHS:
        raise ValueError(f"no graph {graph!r}, valid: {', '.join(GRAPHS)}")
    defaults = load_defaults()
    fixed = GRAPHS[graph]
    given = check(given, settings_of(graph))
    needs = task_needs({**defaults.shared, **given}) if graph in SIM else {}
    shared = {**defaults.shared, **needs, **given, **fixed.settings}
    roles = [role for role in ROLES if graph in role.graphs]
    present = {role.name for role in roles}
    cameras = _cameras(shared["cameras"]) if graph in WITH_CAMERAS else ()
    seen = {"cameras": [camera["camera"] for camera in cameras]} if cameras else {}
    chosen = {**fixed.nodes, "state_node": {**fixed.nodes.get("state_node", {}), **seen}}
    specs = tuple(
        _spec(
            role,
            shared,
            {**defaults.nodes.get(role.name, {}), **role.fixed, **chosen.get(role.name, {})},
            present,
        )
        for role in roles
    )
    return (*(_camera_spec(camera, shared) for camera in cameras), *specs)


def _cameras(file: str) -> tuple[Parameters, ...]:
    """Parameters of the camera_nodes of a file; a bare name is looked up in config/cameras."""
    if not file:
        return ()
    path = Path(file)
    shipped = config_dir() / "cameras" / path.name
    return load_cameras(shipped if not path.exists() and path.name == file else path)


def _camera_spec(camera: Parameters, shared: Parameters) -> NodeSpec:
    own = {**camera, "use_sim_time": shared["use_sim_time"]}
    return NodeSpec(f"camera_{camera['camera']}", f"{PACKAGE}.nodes.camera_node", own)


def task_needs(settings: Mapping[str, Value]) -> Parameters:
    """Settings that the simulated task of ``settings`` needs, where its user chooses none."""
    from fmac_ros.tasks.needs import needs_of  # only simulation installs what it imports

    return needs_of(settings["task"], settings)


def _spec(role: _Role, shared: Parameters, own: Parameters, present: set[str]) -> NodeSpec:
    read = {name: shared[name] for name in (*role.settings, "use_sim_time")}
    return NodeSpec(
        name=role.name,
        module=f"{PACKAGE}.nodes.{role.name}",
        parameters={**read, **own},
        needs=tuple(name for name in role.needs if name in present),
        ends_graph=role.ends_graph,
    )


def settings_of(graph: str) -> Parameters:
    """Settings that a graph's nodes read, and that it does not fix, with their defaults."""
    shared = load_defaults().shared
    read = {name for role in ROLES if graph in role.graphs for name in role.settings}
    read |= {"cameras"} if graph in WITH_CAMERAS else set()
    fixed = GRAPHS[graph].settings
    return {name: v for name, v in shared.items() if name in read and name not in fixed}


def after_exit(spec: NodeSpec, code: int, deaths: int, limit: int = RESPAWN_LIMIT) -> str:
    """Decide what follows a node's exit: ``end`` of the graph, ``respawn`` or ``fail``.

    Args:
        code: exit code, negative for a signal.
        deaths: how often it was started again before.
        limit: how often it is started again at most.
    """
    if spec.ends_graph and code == 0:
        return "end"
    hopeless = code == EXIT_CONFIGURATION or deaths >= limit
    return "fail" if hopeless else "respawn"


def parameter_file(specs: tuple[NodeSpec, ...]) -> str:
    """Write the parameters of all nodes as the text of a ROS 2 parameter file."""
    document: dict[str, Any] = {spec.name: {"ros__parameters": spec.parameters} for spec in specs}
    return yaml.safe_dump(document, sort_keys=False)
