"""One running graph for all fault tests, and an arm that moves for each of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from rig import PATIENCE, Rig, Seen
from std_msgs.msg import Bool, Float64
from tiny_priors import save_tiny_priors

from fmac_ros.environment import free_domain
from fmac_ros.ros.fault_desk import FaultDesk, until

RUNNING = ExitStack()  # what the graph's end closes
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """A graph that is up, until the last test of this folder is over."""
    folder, domain = tmp_path_factory.mktemp("graph"), free_domain()
    desk = RUNNING.enter_context(FaultDesk("panda", domain))
    rig = Rig(desk, folder, save_tiny_priors(folder / "priors", threshold=1.0), domain)
    RUNNING.callback(rig.close)
    assert until(desk.rollouts.server_is_ready, 60.0), rig.log("policy_node")
    assert until(lambda: desk.recorder.measured.q is not None, 60.0)
    return rig


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    """End the graph after the last test that needs it, however that ended: those that follow
    want the machine."""
    try:
        return (yield)
    finally:
        if nextitem is None or HERE not in nextitem.path.parents:
            RUNNING.close()


@pytest.fixture
def rig(graph: Rig) -> Iterator[Rig]:
    """The graph, healed and armed, whose arm's motion is checked until the test is over."""
    with graph.watch():
        graph.arm()
        yield graph
        graph.desk.relay.heal()
        graph.desk.stop.publish(Bool(data=False))
        graph.desk.speed.publish(Float64(data=1.0))


@pytest.fixture
def moving(rig: Rig) -> Iterator[Rig]:
    """The rig with an episode of random play under way."""
    handle = rig.roll()
    assert rig.moves()
    yield rig
    until(handle.cancel_goal_async().done, PATIENCE)


@pytest.fixture
def since(request: pytest.FixtureRequest, graph: Rig) -> Callable[[], Seen]:
    """Begins to look at what becomes of the arm, in the name of the test."""
    return lambda: Seen(graph, request.node.name.removeprefix("test_"))
