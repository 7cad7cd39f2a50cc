"""Transition messages <-> the steps of a rollout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fmac_ros.msg import Transition
from fmac_ros.rollout import Step
from fmac_ros.ros.conversions import (
    ConversionError,
    floats_to_field,
    msg_to_observation,
    observation_to_msg,
)
from fmac_ros.types import RolloutSpec

_VECTORS = ("proprio", "action", "requested_action", "next_proprio")
_PLAIN = ("held", "hold_reason", "policy_version", "terminated", "truncated")


def transition_to_msg(
    step: Step, spec: RolloutSpec, joint_names: Sequence[str], finger_names: Sequence[str] = ()
) -> Transition:
    """One step of the episode ``spec``."""
    message = Transition(episode_id=spec.episode_id, task=spec.task, behaviour=spec.behaviour)
    message.step = step.index
    for name in ("observation", "next_observation"):
        observation = getattr(step, name)
        message_of = observation_to_msg(observation, joint_names, finger_names=finger_names)
        setattr(message, name, message_of)
    message.header.stamp = message.observation.header.stamp
    for name in _VECTORS:
        setattr(message, name, floats_to_field(getattr(step, name)))
    for name in _PLAIN:
        setattr(message, name, getattr(step, name))
    return message


def msg_to_transition(
    message: Transition, joint_names: Sequence[str], finger_names: Sequence[str] = ()
) -> Step:
    """The step; its episode and task stay with the message.

    Raises:
        ConversionError: an observation cannot be converted, or a vector is not finite where
            it must be. What was only asked for may hold anything.
    """
    fields: dict[str, Any] = {name: getattr(message, name) for name in _PLAIN}
    fields.update({name: _vector(message, name) for name in _VECTORS})
    return Step(
        index=message.step,
        observation=msg_to_observation(message.observation, joint_names, finger_names),
        next_observation=msg_to_observation(message.next_observation, joint_names, finger_names),
        **fields,
    )


def _vector(message: Transition, name: str) -> np.ndarray:
    values = np.asarray(getattr(message, name), np.float32)
    if name != "requested_action" and not np.isfinite(values).all():
        raise ConversionError(f"{name} of step {message.step} is {values.tolist()}, valid: finite")
    return values
