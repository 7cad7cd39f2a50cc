"""Steps of a rollout survive their message."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fmac_ros.msg import Transition
from fmac_ros.rollout import Step
from fmac_ros.ros.conversions import ConversionError
from fmac_ros.ros.transitions import msg_to_transition, transition_to_msg
from fmac_ros.types import Observation, RolloutSpec

JOINTS = ("a", "b")
SPEC = RolloutSpec("000007", "press it", "random", horizon=3, seed=1)
# What the message says of the episode rather than of the step.
OF_THE_EPISODE = {"episode_id", "task", "behaviour", "header", "step"}


def observation(stamp: float) -> Observation:
    image = np.random.default_rng(int(stamp * 10)).integers(0, 256, (4, 4, 3), np.uint8)
    return Observation(stamp, ("front",), (image,), np.array([1.0, stamp]), np.zeros(2))


def step() -> Step:
    rng = np.random.default_rng(0)
    return Step(
        index=2,
        observation=observation(0.2),
        proprio=rng.normal(size=6).astype(np.float32),
        action=rng.normal(size=3).astype(np.float32),
        requested_action=np.array([np.nan, 0, 1], np.float32),
        held=True,
        hold_reason="not_finite",
        policy_version=4,
        next_observation=observation(0.3),
        next_proprio=rng.normal(size=6).astype(np.float32),
        terminated=False,
        truncated=True,
    )


def test_round_trip() -> None:
    message = transition_to_msg(step(), SPEC, JOINTS)
    assert (message.episode_id, message.task, message.behaviour) == ("000007", "press it", "random")
    assert message.header.stamp == message.observation.header.stamp
    back = msg_to_transition(message, JOINTS)
    for field in dataclasses.fields(Step):
        there, here = getattr(step(), field.name), getattr(back, field.name)
        if isinstance(there, Observation):
            np.testing.assert_array_equal(here.images[0], there.images[0])
            np.testing.assert_array_equal(here.joint_positions, there.joint_positions)
            assert here.stamp == there.stamp
        else:
            np.testing.assert_array_equal(here, there)


def test_every_field_of_the_message_is_written() -> None:
    fields = {field.name for field in dataclasses.fields(Step)} - {"index"}
    assert set(Transition.get_fields_and_field_types()) == fields | OF_THE_EPISODE


def test_a_recorded_action_must_be_finite() -> None:
    message = transition_to_msg(step(), SPEC, JOINTS)
    message.action[0] = float("nan")
    with pytest.raises(ConversionError, match="action of step 2"):
        msg_to_transition(message, JOINTS)
