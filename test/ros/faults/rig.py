"""A running graph whose every wire can be cut: real nodes in processes of their own.

    pybullet_sim (real time) <-> relay <-> state_node -> policy_node

The relay, an operator and a recorder live in the test's process. The recorder checks all of
the arm's motion against its limits; ``Rig.watch`` fails the test where it found anything.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from fmac_ros.action import Rollout
from fmac_ros.environment import process_environment
from fmac_ros.learning.inverse_dynamics import InverseDynamics
from fmac_ros.learning.parameters import pack_parameters
from fmac_ros.learning.policy import Policy
from fmac_ros.msg import PolicyParameters
from fmac_ros.robots import load_robot
from fmac_ros.ros.fault_desk import FaultDesk, until
from fmac_ros.ros.fault_relay import remappings, robot_side

TASK = "press the red button"
ROBOT = "panda"
TIMES = os.environ.get("FMAC_FAULT_TIMES")  # file that gets one JSON line a fault
SLOW = pytest.mark.slow
PATIENCE = 15.0  # [s] for what is not timed: this machine may be busy
ATTEMPTS = 3
NODES: dict[str, dict[str, object]] = {
    "pybullet_sim": {"task": TASK, "lockstep": False, "use_sim_time": True},
    "state_node": {"use_sim_time": True, "sensor_reliability": "reliable"},
    "policy_node": {
        "use_sim_time": True,
        "lockstep": False,
        "start_armed": False,
        "follow_timeout": 1.0,
        "observation_timeout": 20.0,
        "command_timeout": 0.5,
    },
}


class Rig:
    """The graph, the desk and the processes."""

    def __init__(self, desk: FaultDesk, folder: Path, priors: Path, domain: int) -> None:
        self.desk, self._folder, self._priors, self.domain = desk, folder, priors, domain
        self._environment = {**os.environ, **process_environment(), "ROS_DOMAIN_ID": str(domain)}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._episodes = 0
        self._version = 0
        for name in NODES:
            self.start(name)

    def start(self, name: str) -> None:
        """Start a node, as after its death."""
        given = dict(NODES[name])
        if name == "policy_node":
            given["priors"] = str(self._priors)
        words = [word for key, value in given.items() for word in ("-p", f"{key}:={_text(value)}")]
        if name == "pybullet_sim":
            words += remappings(robot_side(load_robot(ROBOT)))
        command = [sys.executable, "-m", f"fmac_ros.nodes.{name}", "--ros-args", *words]
        with (self._folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a node's process."""
        self.processes[name].send_signal(number)

    def ended(self, name: str, timeout: float = PATIENCE) -> int:
        """Exit code of a node that was asked to end."""
        return self.processes[name].wait(timeout)

    def log(self, name: str) -> str:
        """What a node has printed."""
        return (self._folder / f"{name}.log").read_text()

    def logs(self, name: str, text: str) -> bool:
        """Whether a node comes to print ``text``."""
        return until(lambda: text in self.log(name), PATIENCE)

    def close(self) -> None:
        """End all processes."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()

    def arm(self) -> None:
        """Arm as an operator who tries again: a node may just have come up."""
        assert until(lambda: self.desk.arm(True)[0], PATIENCE)

    def roll(self, behaviour: str = "random", **goal: Any) -> Any:
        """Start an episode in a newly set up scene; its goal handle."""
        self._episodes += 1
        assert until(self.desk.rollouts.server_is_ready, PATIENCE)
        assert self.desk.reset(self._episodes, TASK)
        fields = {"episode_id": f"{self._episodes:06d}", "task": TASK, "horizon": 100_000}
        fields |= {"behaviour": behaviour, "seed": self._episodes, **goal}
        sent: list[Any] = []

        def accepted() -> Any:
            handles = [future.result() for future in sent if future.done()]
            return next((handle for handle in handles if handle.accepted), None)

        # Asked again: a node that has just come up may not know our readers yet, or we still know
        # the one before it, and then the goal or its answer is lost.
        for _ in range(ATTEMPTS):
            sent.append(self.desk.rollouts.send_goal_async(Rollout.Goal(**fields)))
            if until(accepted, PATIENCE / ATTEMPTS):
                return accepted()
        raise AssertionError(f"no goal of {len(sent)} was accepted")

    def moves(self) -> bool:
        """Whether the arm comes to move on new commands, and goes on doing so for a while."""
        heard = self.desk.recorder.command_times
        count = len(heard)
        return until(
            lambda: (
                len(heard) >= count + 4 and time.monotonic() - self.desk.recorder.moved_at < 0.1
            ),
            PATIENCE,
        )

    def publish_policy(self, action: list[float], broken: bool = False) -> None:
        """Let a policy act whose mean action is this, whatever it sees; NaN if it is broken."""
        self._version += 1
        self.publish_bytes(policy_bytes(action, self._version, broken), self._version)

    def publish_bytes(self, data: bytes, version: int = 1) -> None:
        """Publish whatever as the policy's parameters."""
        self.desk.parameters.publish(PolicyParameters(version=version, data=list(data)))

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Fail where the arm leaves its limits meanwhile."""
        recorder = self.desk.recorder
        before = set(recorder.violations)
        yield
        found = [text for text in recorder.violations if text not in before]
        assert not found, "\n".join(found[:20])


class Seen:
    """What became of the arm since a fault began."""

    def __init__(self, rig: Rig, name: str) -> None:
        self._rig, self._recorder, self._name = rig, rig.desk.recorder, name
        self.began = time.monotonic()
        self._count = len(self._recorder.reasons)
        self.times: dict[str, float] = {}

    def held(self, reason: str, within: float) -> None:
        """The gate tells ``reason`` in time [s]; what it told before counts as well."""

        def told() -> list[float]:
            news = self._recorder.reasons[self._count :]
            return [at for at, text in news if text == reason]

        assert until(told, PATIENCE), f"{reason!r} is not told, but {self._recorder.reasons[-3:]}"
        self._took("held", told()[0], within)

    def rests(self, within: float) -> None:
        """The arm comes to rest in time [s] and stays so for a while."""
        end = self.began + within + PATIENCE
        while time.monotonic() < end:
            if time.monotonic() - max(self._recorder.moved_at, self.began) > 0.4:
                return self._took("rest", self._recorder.moved_at, within)
            time.sleep(0.02)
        raise AssertionError("the arm does not come to rest")

    def _took(self, what: str, at: float, within: float) -> None:
        took = max(0.0, at - self.began)
        self.times[what] = round(1000 * took)
        if TIMES:
            line = {"fault": self._name, "load": os.getloadavg()[0], **self.times}
            with open(TIMES, "a") as file:
                file.write(json.dumps(line) + "\n")
        assert took < within, f"{what} after {took:.2f} s, in time is {within} s"


def mostly_slow(cases: dict[str, Any], *quick: str) -> list[Any]:
    """Names of cases for parametrize; those that are not named run with -m slow only."""
    return [name if name in quick else pytest.param(name, marks=SLOW) for name in cases]


def policy_bytes(action: list[float], version: int = 1, broken: bool = False) -> bytes:
    """Parameters that always act alike; broken ones are finite, and come to -inf * 0."""
    policy = Policy((8, 8, 16), 6, len(action))
    rho = InverseDynamics((8, 8, 16), 6, len(action))
    with torch.no_grad():
        head = policy.head.linear
        head.weight.zero_()
        head.bias[: len(action)] = torch.tensor(action).clamp(-0.999, 0.999).atanh()
        head.bias[len(action) :] = -20.0  # the least noise that it has
        if broken:
            # A sum of large negative numbers is -inf in any order, and its SiLU is NaN.
            norm, join = policy.trunk.squeeze[1], policy.trunk.join[0]
            norm.weight.zero_()
            norm.bias.fill_(3e38)
            join.weight.fill_(-1.0)
    return pack_parameters(policy, rho, version)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
