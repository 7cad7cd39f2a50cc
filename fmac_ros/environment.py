"""Environment variables of the processes of one graph on this machine."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Mapping

from fmac_ros.paths import config_dir

# DDS-RTPS 2.5, 9.6.2: ports 7400 + 250 * domain and up. Domains above 101 reach into Linux's
# ephemeral ports; 0 is what everybody else uses.
PRIVATE_DOMAINS = range(1, 102)
PORT_BASE, PORTS_PER_DOMAIN = 7400, 250
PORTS_PROBED = 24  # discovery and user ports of the first participants of a domain


def process_environment(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables that every node wants; what ``base`` sets is kept.

    One thread a process for the linear algebra: several nodes share few cores, and two
    busy processes with two threads each are many times slower than with one.
    """
    defaults = {
        "FASTDDS_DEFAULT_PROFILES_FILE": str(config_dir() / "fastdds.xml"),
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return {name: base.get(name, value) for name, value in defaults.items()}


def private_network(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables that keep a graph to itself on this machine; what ``base`` sets is kept."""
    return {
        "ROS_DOMAIN_ID": base.get("ROS_DOMAIN_ID") or str(free_domain()),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": base.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST"),
    }


def free_domain() -> int:
    """Draw a ROS domain that no process on this machine seems to use.

    Raises:
        RuntimeError: all are in use.
    """
    for domain in random.sample(PRIVATE_DOMAINS, len(PRIVATE_DOMAINS)):
        first = PORT_BASE + PORTS_PER_DOMAIN * domain
        if all(_is_free(port) for port in range(first, first + PORTS_PROBED)):
            return domain
    raise RuntimeError("every ROS domain from 1 to 101 is in use; set ROS_DOMAIN_ID to choose one")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
