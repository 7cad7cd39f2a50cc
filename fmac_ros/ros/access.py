"""What nodes use of the graph, asked from ROS itself: the one source of the security policy."""

from __future__ import annotations

import importlib
import inspect
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter

from fmac_ros.graph import NodeSpec
from fmac_ros.ros import names
from fmac_ros.security.access import Access

OPERATOR = "operator"
SETTLE = 0.5  # [s] after the last change of what a node offers
PATIENCE = 60.0  # [s], for a node that offers its services late
# What a person at a terminal sends, beside services.
OPERATOR_TOPICS = (names.EMERGENCY_STOP, names.AUDIT_ANSWER)
_OF_EVERY_NODE = ("/rosout", "/parameter_events")  # a node that may not publish them cannot be made
_COMMAND_LINE = "/_ros2cli*/get_type_description"  # nodes of the ros2 command
_COMMANDER = "policy_node"  # its parameters arm and disarm


def access_of(observer: Node, name: str, namespace: str = "/") -> Access:
    """What a node uses, as ``observer`` sees it."""
    asked = (
        observer.get_publisher_names_and_types_by_node,
        observer.get_subscriber_names_and_types_by_node,
        observer.get_service_names_and_types_by_node,
        observer.get_client_names_and_types_by_node,
    )
    return Access.of(*([topic for topic, _ in ask(name, namespace)] for ask in asked))


def running(observer: Node) -> dict[str, Access]:
    """What every node of the running graph uses, by absolute name; not hidden ones."""
    found = {}
    for name, namespace in observer.get_node_names_and_namespaces():
        if name.startswith("_") or name == observer.get_name():
            continue
        found[f"{namespace.rstrip('/')}/{name}"] = access_of(observer, name, namespace)
    return found


def operator(nodes: Mapping[str, Access]) -> Access:
    """What a person needs: to see everything, to arm, to stop, to answer, to call what is offered.

    Commanding the arm, or speaking as a node of the graph, is not among it.
    """
    plain = {name for access in nodes.values() for name in access.reply}
    parts = ("/set_parameters", "/get_parameters", "/list_parameters", "/describe_parameters")
    asked = {f"/{_COMMANDER}{part}" for part in parts}
    own = {name for name in plain if name.endswith(("/recover", "/arm", "/scene_ready"))}
    return Access(
        publish=frozenset((*_OF_EVERY_NODE, *(f"/{topic}" for topic in OPERATOR_TOPICS))),
        subscribe=frozenset(name for access in nodes.values() for name in access.publish),
        reply=frozenset((_COMMAND_LINE,)),
        request=frozenset((asked & plain) | own),
    )


def described(specs: Sequence[NodeSpec]) -> dict[str, Access]:
    """What the nodes of a graph use: each is made in this process, looked at and ended.

    Raises:
        ParameterError: a node cannot be made with its parameters.
    """
    return {f"/{spec.name}": _made(spec) for spec in specs}


def _made(spec: NodeSpec) -> Access:
    context = rclpy.Context()
    context.init(args=["--ros-args", "--remap", f"__node:={spec.name}"])
    executor = SingleThreadedExecutor(context=context)
    overrides = [Parameter(name, value=value) for name, value in spec.parameters.items()]
    node: Node | None = None
    before = set(threading.enumerate())
    try:
        node = node_class(spec.module)(context=context, parameter_overrides=overrides)
        executor.add_node(node)
        return _settled(executor, node)
    finally:
        executor.shutdown(timeout_sec=1.0)
        if node is not None:
            node.destroy_node()
        context.try_shutdown()
        # A thread that still loads models when the interpreter ends would abort it.
        for thread in set(threading.enumerate()) - before:
            thread.join(PATIENCE)


def _settled(executor: SingleThreadedExecutor, node: Node) -> Access:
    """A node's access once it does not change any more; it may open its services late."""
    end = time.monotonic() + PATIENCE
    access, since = access_of(node, node.get_name()), time.monotonic()
    while time.monotonic() < min(since + SETTLE, end):
        executor.spin_once(timeout_sec=0.05)
        now = access_of(node, node.get_name())
        if now != access:
            access, since = now, time.monotonic()
    return access


def node_class(module: str) -> Any:
    """The node that a module of ``nodes/`` runs."""
    found = importlib.import_module(module)
    (kind,) = (
        value
        for _, value in inspect.getmembers(found, inspect.isclass)
        if issubclass(value, Node) and value.__module__ == module
    )
    return kind


@contextmanager
def observer() -> Iterator[Node]:
    """A node to look at the running graph with, when it has found it."""
    context = rclpy.Context()
    context.init()
    node = Node("security_observer", context=context)
    try:
        time.sleep(2 * SETTLE + 1.0)  # DDS discovery
        yield node
    finally:
        node.destroy_node()
        context.try_shutdown()


@contextmanager
def scratch_run() -> Iterator[Path]:
    """A folder for a run that is only made to look at its nodes."""
    with tempfile.TemporaryDirectory(prefix="fmac-security-") as folder:
        yield Path(folder) / "run"
