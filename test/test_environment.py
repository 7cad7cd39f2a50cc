"""Variables of a graph's processes."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fmac_ros import environment


def test_what_the_user_set_is_kept() -> None:
    assert environment.private_network({"ROS_DOMAIN_ID": "42"})["ROS_DOMAIN_ID"] == "42"
    assert environment.process_environment({"OMP_NUM_THREADS": "4"})["OMP_NUM_THREADS"] == "4"


def test_defaults_keep_a_graph_to_itself() -> None:
    network = environment.private_network({})
    assert 1 <= int(network["ROS_DOMAIN_ID"]) <= 101
    assert network["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    variables = environment.process_environment({})
    assert variables["OMP_NUM_THREADS"] == "1"
    assert Path(variables["FASTDDS_DEFAULT_PROFILES_FILE"]).is_file()


def test_a_domain_in_use_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    used = environment.free_domain()  # graphs of other tests may run beside this one
    free = next(domain for domain in iter(environment.free_domain, None) if domain != used)
    monkeypatch.setattr(environment, "PRIVATE_DOMAINS", [used, free])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 7400 + 250 * used + 10))
        assert environment.free_domain() == free
        monkeypatch.setattr(environment, "PRIVATE_DOMAINS", [used])
        with pytest.raises(RuntimeError, match="set ROS_DOMAIN_ID"):
            environment.free_domain()
