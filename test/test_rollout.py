"""The episode as a state machine, without ROS."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fmac_ros.control.controller import ArmController
from fmac_ros.robots import load_robot
from fmac_ros.rollout import Rollout, RolloutError, Step
from fmac_ros.types import Observation, RolloutSpec

ROBOT = load_robot("panda")
FORWARD = np.array([0.5, 0.0, 0.0], np.float32)


def observation(stamp: float, joints: np.ndarray | None = None) -> Observation:
    positions = np.asarray(ROBOT.home if joints is None else joints, float)
    picture = np.zeros((4, 4, 3), np.uint8)
    return Observation(stamp, ("front",), (picture,), positions, np.zeros_like(positions))


def make(start: float = 0.0, **fields: Any) -> Rollout:
    settings = {"task": "t", "behaviour": "policy", "horizon": 3, "seed": 0, **fields}
    return Rollout(RolloutSpec(episode_id="1", **settings), ArmController(ROBOT), start)


def drive(rollout: Rollout, steps: int, since: float = 1.0) -> list[Step]:
    """Feed an arm that stands still, acting on every observation."""
    done = []
    for index in range(steps + 1):
        stamp = since + 0.1 * index
        step = rollout.observe(observation(stamp))
        if step is not None:
            done.append(step)
        if rollout.wants_action:
            rollout.act(FORWARD, policy_version=7, now=stamp)
    return done


def test_ends_at_the_time_limit() -> None:
    rollout = make()
    steps = drive(rollout, 5)
    assert [step.index for step in steps] == [0, 1, 2]
    assert [step.truncated for step in steps] == [False, False, True]
    assert not any(step.terminated for step in steps)
    assert rollout.ended and not rollout.wants_action
    assert steps[0].next_observation is steps[1].observation
    assert steps[0].policy_version == 7


def test_the_step_holds_the_action_that_passed() -> None:
    rollout = make()
    rollout.observe(observation(1.0))
    rollout.act(np.full(3, np.nan, np.float32), 0, now=1.0)
    step = rollout.observe(observation(1.1))
    assert step is not None and step.held and step.hold_reason
    assert np.isnan(step.requested_action).all()
    assert np.isfinite(step.action).all()
    assert rollout.holds == 1


def test_success_ends_it_after_verdicts_in_a_row() -> None:
    rollout = make(horizon=40)
    drive(rollout, 1)
    for success in (True, False, True):
        rollout.judge(0.9, success)
    assert not rollout.ended
    rollout.judge(0.9, True)
    step = rollout.observe(observation(1.2))
    assert step is not None and step.terminated and not step.truncated


@pytest.mark.parametrize("frames", [1, 3])
def test_success_frames_says_how_many_in_a_row(frames: int) -> None:
    spec = RolloutSpec("1", task="t", behaviour="policy", horizon=40, seed=0)
    rollout = Rollout(spec, ArmController(ROBOT), 0.0, success_frames=frames)
    ends = []
    for index in range(frames + 1):
        drive(rollout, 0, since=1.0 + 0.1 * index)
        ends.append(rollout.ended)
        rollout.judge(0.9, True)
    assert ends == [False] * frames + [True]


def test_success_is_ignored_where_it_does_not_stop() -> None:
    rollout = make(stop_on_success=False)
    rollout.judge(0.9, True)
    rollout.judge(0.9, True)
    assert not any(step.terminated for step in drive(rollout, 3))


def test_states_from_before_the_start_and_repeated_ones_do_not_count() -> None:
    rollout = make(start=2.0)
    assert not rollout.is_new(observation(1.9))
    assert rollout.observe(observation(1.9)) is None
    assert not rollout.wants_action
    rollout.observe(observation(2.0))
    rollout.act(FORWARD, 0, now=2.0)
    assert rollout.answered(observation(2.0))
    assert rollout.observe(observation(2.0)) is None
    assert rollout.steps == 0


def test_a_state_that_waits_for_its_action_is_not_replaced() -> None:
    rollout = make()
    rollout.observe(observation(1.0))
    assert not rollout.is_new(observation(1.1))
    with pytest.raises(RolloutError, match="waits for an observation"):
        make().act(FORWARD, 0, now=0.0)


def test_time_that_goes_back_is_an_error() -> None:
    rollout = make()
    rollout.observe(observation(5.0))
    rollout.act(FORWARD, 0, now=5.0)
    with pytest.raises(RolloutError, match="time went back"):
        rollout.is_new(observation(0.1))


def test_hold_brings_a_stale_arm_to_rest() -> None:
    rollout = make()
    assert rollout.hold(now=9.0) is None
    drive(rollout, 1)
    command = rollout.hold(now=9.0)
    assert command is not None and command.held
    assert np.allclose(command.trajectory.velocities[-1], 0.0)
