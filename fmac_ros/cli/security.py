"""``fmac security``: the SROS2 policy of a graph, and whether a policy is right."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmac_ros.robots import known_robots
from fmac_ros.settings import Parameters

if TYPE_CHECKING:
    from fmac_ros.security.access import Access

GRAPHS = ("train_real", "train_sim", "train_gazebo")
EXIT_DIFFERENT = 1


def add_parser(subparsers: Any) -> None:
    """Add ``fmac security policy`` and ``fmac security check``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "security", help="write or check the SROS2 policy of a graph"
    )
    actions = parser.add_subparsers(
        dest="what", required=True, metavar="WHAT", help="write a policy, or check one"
    )
    policy = actions.add_parser("policy", help="write the policy that allows what the nodes use")
    policy.add_argument("--output", type=Path, metavar="FILE", help="file (default: print it)")
    policy.add_argument("--enclave", default="/fmac", help="parent of the enclaves (/fmac)")
    check = actions.add_parser("check", help="compare a policy with what the nodes use")
    check.add_argument("policy", type=Path, metavar="FILE", help="the policy")
    for action in (policy, check):
        _add_graph(action)


def _add_graph(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--graph", choices=GRAPHS, default=GRAPHS[0], help="graph (train_real)")
    parser.add_argument("--robot", choices=known_robots(), default="panda", help="arm (panda)")
    parser.add_argument(
        "--running",
        action="store_true",
        help="look at the graph that runs in ROS_DOMAIN_ID instead of making its nodes",
    )


def run(args: argparse.Namespace) -> int:
    """Write or check a policy."""
    from fmac_ros.security.access import differences
    from fmac_ros.security.policy import from_xml, to_xml

    if args.what == "check":
        found = differences(from_xml(args.policy.read_text()), _used(args))
        print("\n".join(found) or "the policy allows what the nodes use, and no more")
        return EXIT_DIFFERENT if found else 0
    text = to_xml(_used(args), args.enclave)
    if args.output is None:
        print(text, end="")
        return 0
    args.output.write_text(text)
    print(f"policy written to {args.output}")
    return 0


def _used(args: argparse.Namespace) -> Mapping[str, Access]:
    """What each node uses, and a person."""
    from fmac_ros.environment import private_network

    if not args.running:
        os.environ.update(private_network())  # nodes that are only looked at meet nobody
    from fmac_ros.ros import access

    if args.running:
        with access.observer() as observer:
            nodes = access.running(observer)
    else:
        nodes = _of_graph(args.graph, {"robot": args.robot})
    if not nodes:
        raise ValueError("no nodes run in this ROS domain: see ROS_DOMAIN_ID")
    return {**nodes, f"/{access.OPERATOR}": access.operator(nodes)}


def _of_graph(graph: str, settings: Parameters) -> dict[str, Access]:
    from fmac_ros.graph import describe
    from fmac_ros.robots import load_robot, simulated_robots
    from fmac_ros.ros import access

    if load_robot(settings["robot"]).urdf is None:
        raise ValueError(
            f"robot {settings['robot']} is known from its /robot_description only: start the graph "
            f"and say --running; without it: {', '.join(simulated_robots())}"
        )
    with access.scratch_run() as run_dir:
        return access.described(describe(graph, {**settings, "run_dir": str(run_dir)}))
