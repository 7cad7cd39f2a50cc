"""The one description of the ROS graph, read by the launch files and by ``fmac``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from fmac_ros import robot_side
from fmac_ros.cameras.config import find_cameras
from fmac_ros.driver_config import Driver
from fmac_ros.robots import load_robot
from fmac_ros.settings import Parameters, Value, check, load_defaults

PACKAGE = "fmac_ros"
FRANKA_DRIVER = "franka_driver"
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
    {
        "state_node": {"slop": 0.03},
        "policy_node": {"start_armed": False, "follow_timeout": 1.0},
        "trainer_node": {"inverse_span": 2},  # a real arm shows most of an action a step later
    },
)
# Gazebo stamps with its clock, renders cameras and joints on their own, and runs in real time.
GAZEBO = Graph(
    {"use_sim_time": True, "lockstep": False},
    {"state_node": {"slop": 0.03, "frozen_after": 0.0}},
)
GRAPHS = {
    "train_sim": SIMULATED,
    "eval_sim": SIMULATED,
    "train_real": REAL,
    "eval_real": REAL,
    "train_gazebo": GAZEBO,
}


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
TRAIN = ("train_sim", "train_real", "train_gazebo")
EVERY = tuple(GRAPHS)
WITH_SCENE = (*SIM, "train_gazebo")  # a simulated scene stands for the sentence
ON_HARDWARE = ("train_real", "eval_real")
# Settings of the robot side: cameras to start, what drives the arm and is commanded, what is real.
OF_HARDWARE = ("cameras", "controller", "driver", "address", "cell", "scene_reset")

ROLES = (
    _Role("pybullet_sim", SIM, ("robot", "task", "seed", "action_space", "lockstep")),
    _Role("state_node", EVERY, ("robot",), ("pybullet_sim",)),
    _Role("prior_server", EVERY, ("priors", "success_fpr", "success_fpr_per", "device")),
    _Role(
        "policy_node",
        EVERY,
        ("robot", "action_space", "priors", "lockstep", "look_ahead", "success_frames"),
        ("state_node", "prior_server"),
    ),
    _Role("reset_node", (*ON_HARDWARE, "train_gazebo"), ("scene_reset",), ("policy_node",)),
    _Role(
        "trainer_node",
        TRAIN,
        ("robot", "task", "paired", "seed", "algorithm", "objective", "behaviour", "use_video")
        + ("use_value", "env_steps", "horizon", "action_space", "priors", "look_ahead", "run_dir")
        + ("resume", "audit", "reliability", "warm_start", "choose_by_q", "imagine", "kl_weight")
        + ("device",),
        ("pybullet_sim", "prior_server", "policy_node", "reset_node"),
        ends_graph=True,
    ),
    _Role(FRANKA_DRIVER, ON_HARDWARE, ("robot", "address")),
    _Role("cell_sim", ON_HARDWARE, ("robot", "task", "seed")),
    _Role("evaluator_node", ("train_sim", "train_real"), ("run_dir",), fixed={"mode": "observe"}),
    _Role(
        "evaluator_node",
        ("eval_sim",),
        ("task", "horizon", "behaviour", "episodes", "checkpoint", "result_file"),
        ("pybullet_sim", "policy_node"),
        fixed={"mode": "evaluate"},
        ends_graph=True,
    ),
    _Role(
        "evaluator_node",
        ("eval_real",),
        ("task", "horizon", "behaviour", "episodes", "checkpoint", "result_file"),
        ("prior_server", "policy_node", "reset_node"),
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
    given = check(given, settings_of(graph))
    needs = task_needs({**defaults.shared, **given})
    shared = {**defaults.shared, **needs, **given, **GRAPHS[graph].settings}
    own = _merged(defaults.nodes, GRAPHS[graph].nodes)
    beside: tuple[NodeSpec, ...] = ()
    absent: set[str] = set()
    if graph in ON_HARDWARE:
        robot = load_robot(shared["robot"])
        cameras = find_cameras(shared["cameras"] or robot.cameras)
        driver = robot.driver(shared["driver"])
        own = _merged(own, _robot_side(cameras, driver, shared))
        own = _merged(own, robot_side.parameters(shared))
        beside = (*(_camera_spec(camera, shared) for camera in cameras), *_watch(driver, shared))
        absent = robot_side.absent(graph, shared)
    roles = [role for role in ROLES if graph in role.graphs and role.name not in absent]
    present = {role.name for role in roles}
    specs = (_spec(role, shared, own.get(role.name, {}), present) for role in roles)
    return (*beside, *specs)


def _merged(
    below: Mapping[str, Parameters], above: Mapping[str, Parameters]
) -> dict[str, Parameters]:
    """Parameters of nodes by name; ``above`` wins."""
    return {node: {**below.get(node, {}), **above.get(node, {})} for node in {*below, *above}}


def _robot_side(
    cameras: tuple[Parameters, ...], driver: Driver, shared: Parameters
) -> dict[str, Parameters]:
    """What the nodes must know of a robot side that is not ours."""
    seen = {"cameras": [camera["camera"] for camera in cameras]} if cameras else {}
    controller = shared["controller"] or driver.controller()
    return {"state_node": seen, "policy_node": {"controller": controller, **driver.topics()}}


def _watch(driver: Driver, shared: Parameters) -> tuple[NodeSpec, ...]:
    """The node that tells the state of a robot whose driver does not tell it as the graph reads."""
    if not driver.watch:
        return ()
    own = {**load_defaults().nodes.get(driver.watch, {}), "use_sim_time": shared["use_sim_time"]}
    return (NodeSpec(driver.watch, f"{PACKAGE}.nodes.{driver.watch}", own),)


def _camera_spec(camera: Parameters, shared: Parameters) -> NodeSpec:
    own = {**camera, "use_sim_time": shared["use_sim_time"]}
    return NodeSpec(f"camera_{camera['camera']}", f"{PACKAGE}.nodes.camera_node", own)


def task_needs(settings: Mapping[str, Value]) -> Parameters:
    """Settings that the task of ``settings`` needs, where its user chooses none."""
    from fmac_ros.tasks.needs import needs_of  # it loads the simulator

    return needs_of(settings["task"], settings)


def _spec(role: _Role, shared: Parameters, own: Parameters, present: set[str]) -> NodeSpec:
    read = {name: shared[name] for name in (*role.settings, "use_sim_time")}
    return NodeSpec(
        name=role.name,
        module=f"{PACKAGE}.nodes.{role.name}",
        parameters={**read, **own, **role.fixed},
        needs=tuple(name for name in role.needs if name in present),
        ends_graph=role.ends_graph,
    )


def settings_of(graph: str) -> Parameters:
    """Settings that a graph's nodes read, and that it does not fix, with their defaults."""
    shared = load_defaults().shared
    read = {name for role in ROLES if graph in role.graphs for name in role.settings}
    read |= set(OF_HARDWARE) if graph in ON_HARDWARE else set()
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
