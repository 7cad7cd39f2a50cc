"""What every test starts from."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

ROS = Path(__file__).parent / "ros"

# A job started with & in a script ignores SIGINT; the tests that send one need it heard.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs ROS, and which tests stay together where several processes share them.

    Graphs come one after another, since they keep time; other files keep their own fixtures.
    """
    for item in items:
        needs_ros = ROS in item.path.parents
        if needs_ros:
            item.add_marker(pytest.mark.ros)
        item.add_marker(pytest.mark.xdist_group("ros" if needs_ros else item.path.stem))
