"""Processes that die, stop, crawl or are asked to end, while the arm moves."""

from __future__ import annotations

import signal
import time

import pytest
from rig import PATIENCE, SLOW

from fmac_ros.control import gate as gates
from fmac_ros.ros.fault_desk import until


def _comes_back_disarmed(rig):
    """Start policy_node again: it moves nothing before somebody arms."""
    recorder = rig.desk.recorder
    told = len(recorder.reasons)
    rig.start("policy_node")
    assert until(lambda: len(recorder.reasons) > told, 60.0)
    assert recorder.reason == gates.DISARMED
    rig.roll()
    commands = len(recorder.command_times)
    assert until(lambda: len(recorder.command_times) > commands + 3, PATIENCE)
    assert time.monotonic() - recorder.moved_at > 0.2 and recorder.reason == gates.DISARMED
    rig.arm()
    assert rig.moves()


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGINT, marks=SLOW),
        pytest.param(signal.SIGTERM, marks=SLOW),
    ],
)
def test_an_ended_policy_leaves_the_arm_at_rest(moving, since, number):
    seen = since()
    moving.signal("policy_node", number)
    seen.rests(within=1.5)
    code = moving.ended("policy_node")
    assert code == (-number if number == signal.SIGKILL else 0)
    _comes_back_disarmed(moving)


def test_a_stopped_policy_leaves_the_arm_at_rest(moving, since):
    seen = since()
    moving.signal("policy_node", signal.SIGSTOP)
    seen.rests(within=1.5)
    moving.signal("policy_node", signal.SIGCONT)
    assert moving.moves()


@pytest.mark.slow
def test_a_slow_policy_pauses_between_its_commands(moving):
    for _ in range(5):
        moving.signal("policy_node", signal.SIGSTOP)
        time.sleep(0.45)
        moving.signal("policy_node", signal.SIGCONT)
        time.sleep(0.05)
    assert moving.moves()


@pytest.mark.parametrize("node", ["state_node", pytest.param("pybullet_sim", marks=SLOW)])
def test_a_stopped_source_holds_the_arm(moving, since, node):
    seen = since()
    moving.signal(node, signal.SIGSTOP)
    seen.held(gates.SILENCE, within=2.0)
    if node == "state_node":
        seen.rests(within=2.0)
    moving.signal(node, signal.SIGCONT)
    assert moving.moves()
