"""A private, local ROS domain for every test, and nodes that end with their test."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

from fmac_ros.environment import free_domain


def own_domain() -> int:
    """A free domain that no other process of these tests (pytest-xdist) ever draws."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while (domain := free_domain()) % processes != number:
        pass
    return domain


os.environ["ROS_DOMAIN_ID"] = str(own_domain())
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

rclpy = pytest.importorskip("rclpy")
pytest.importorskip("fmac_ros.msg", reason="the interfaces are not built: make setup")

from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402


def fresh_domain() -> int:
    """A domain of its own for the next test and the processes that it starts.

    What an earlier test killed is listed for a while, and DDS reports a service as absent
    while the halves that it knows of do not pair up.
    """
    domain = own_domain()
    os.environ["ROS_DOMAIN_ID"] = str(domain)
    return domain


class Ros:
    """One context and executor; spins several nodes in the test's own thread."""

    def __init__(self) -> None:
        self.context = rclpy.Context()
        self.context.init(domain_id=fresh_domain())
        self.executor = SingleThreadedExecutor(context=self.context)
        self._nodes: list[Node] = []

    def add(self, factory: Callable[..., Node], **parameters: object) -> Node:
        """Make a node in this context, with parameters as its command line would set them."""
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = factory(context=self.context, parameter_overrides=overrides)
        self._nodes.append(node)
        self.executor.add_node(node)
        return node

    def node(self, name: str = "tester") -> Node:
        """A plain node for the test's own entities."""
        return self.add(lambda **options: Node(name, **options))

    def spin_until(self, done: Callable[[], object], timeout: float = 5.0) -> bool:
        """Spin until ``done()`` is true; False after ``timeout`` [s]."""
        end = time.monotonic() + timeout
        while not done():
            if time.monotonic() > end:
                return False
            self.executor.spin_once(timeout_sec=0.05)
        return True

    def spin_for(self, duration: float) -> None:
        """Spin for ``duration`` [s]."""
        self.spin_until(lambda: False, duration)

    def close(self) -> None:
        """Destroy what was made."""
        self.executor.shutdown(timeout_sec=1.0)
        for node in self._nodes:
            node.destroy_node()
        self.context.try_shutdown()


@pytest.fixture
def ros() -> Iterator[Ros]:
    """A fresh ROS context for one test."""
    context = Ros()
    yield context
    context.close()
