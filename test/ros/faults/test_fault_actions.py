"""Policies that ask for what no arm should do, and parameters that are none."""

from __future__ import annotations

import pickle
import time

import numpy as np
import pytest
from rig import PATIENCE, mostly_slow, policy_bytes

from fmac_ros.control import gate as gates
from fmac_ros.ros.fault_desk import until


@pytest.fixture
def acting(rig):
    """The rig with an episode of a policy under way, which moves the arm sideways."""
    rig.publish_policy([0.0, 0.6, 0.0])
    handle = rig.roll("policy")
    assert rig.moves()
    yield rig
    until(handle.cancel_goal_async().done, PATIENCE)


def test_an_action_that_is_no_number_holds_the_arm(acting, since):
    seen = since()
    acting.publish_policy([0.0, 0.6, 0.0], broken=True)
    seen.held(gates.BAD_ACTION, within=1.5)
    seen.rests(within=1.5)
    acting.publish_policy([0.0, -0.6, 0.0])
    assert acting.moves()


def test_an_action_of_another_arm_holds_the_arm(acting, since):
    seen = since()
    acting.publish_policy([0.1] * 7)
    seen.held(gates.BAD_ACTION, within=1.5)
    seen.rests(within=1.5)
    acting.publish_policy([0.0, -0.6, 0.0])
    assert acting.moves()


CORNERS = {"high": [1.0, 1.0, 1.0], "low": [1.0, -1.0, -1.0]}


@pytest.mark.parametrize("corner", mostly_slow(CORNERS, "low"))
def test_targets_out_of_limits_end_at_the_limits(acting, corner):
    acting.publish_policy(CORNERS[corner])
    time.sleep(2.0)
    assert acting.desk.recorder.commanded.commands > 10  # whose limits the fixture checks


def test_jumps_are_planned_within_the_limits(acting):
    rng = np.random.default_rng(5)
    before = len(acting.desk.recorder.command_times)
    for _ in range(10):
        acting.publish_policy(rng.choice([-1.0, 1.0], 3).tolist())
        time.sleep(0.2)
    assert len(acting.desk.recorder.command_times) > before + 10


GOOD = policy_bytes([0.0, 0.3, 0.0])
BAD_PARAMETERS = {
    "truncated": GOOD[: len(GOOD) // 2],
    "pickle": pickle.dumps({"policy": print}),
    "empty": b"",
    "huge_header": (2**62).to_bytes(8, "little") + b"{}",
}


@pytest.mark.parametrize("kind", mostly_slow(BAD_PARAMETERS, "truncated", "pickle"))
def test_bad_parameters_are_refused_and_the_last_ones_act(acting, kind):
    refusals = acting.log("policy_node").count("refused")
    acting.publish_bytes(BAD_PARAMETERS[kind])
    assert until(lambda: acting.log("policy_node").count("refused") > refusals, PATIENCE)
    commands = len(acting.desk.recorder.command_times)
    assert until(lambda: len(acting.desk.recorder.command_times) > commands + 3, PATIENCE)
    assert acting.desk.recorder.reason == ""
