"""The robot of Algorithm 1, behind the graph: ``RosRobot.rollout``."""

from __future__ import annotations

import itertools
import time

import numpy as np
from rclpy.node import Node

from fmac_ros.msg import Observation as ObservationMessage
from fmac_ros.msg import Transition
from fmac_ros.picture import tile
from fmac_ros.ros import names, qos
from fmac_ros.ros.calls import Caller
from fmac_ros.ros.conversions import ConversionError, stamp_to_nanoseconds
from fmac_ros.ros.episode_client import EpisodeClient, EpisodeLost, Patience
from fmac_ros.ros.images import image_to_array
from fmac_ros.types import Episode, RolloutSpec

_RETRY_PERIOD = 1.0  # [s]
_STRAGGLERS = 2.0  # [s]; transitions may come after the result of their episode


class RosRobot:
    """Runs episodes and collects their transitions; starts over when a node was restarted.

    Attributes:
        min_policy_version: parameters that an episode waits for before its first step.
    """

    def __init__(self, node: Node, caller: Caller, patience: Patience | None = None) -> None:
        self.min_policy_version = 0
        self._caller = caller
        self._patience = patience or Patience()
        self._client = EpisodeClient(node, caller, self._patience)
        self._name = ""
        self._transitions: dict[int, Transition] = {}
        node.create_subscription(
            Transition, names.TRANSITIONS, self._on_transition, qos.TRANSITIONS
        )

    def rollout(self, spec: RolloutSpec) -> Episode:
        """Run one episode to its end; an unfinished try is dropped.

        Raises:
            Stopped: the node ends.
            Refused: the scene cannot be set up.
            EpisodeLost: no try came to its end in time.
        """
        end = time.monotonic() + self._patience.total
        for attempt in itertools.count(1):
            try:
                return self._try(spec, f"{spec.episode_id}.{attempt}")
            except (EpisodeLost, ConversionError) as error:
                end += self._client.reset_took
                self._caller.tell(f"episode {spec.episode_id} dropped, trying again: {error}")
                if time.monotonic() > end:
                    raise EpisodeLost(
                        f"no episode within {self._patience.total:.0f} s; last: {error}"
                    ) from error
            self._caller.pause(_RETRY_PERIOD)
        raise AssertionError("unreachable: the loop has no end")

    def _try(self, spec: RolloutSpec, name: str) -> Episode:
        self._name, self._transitions = name, {}
        self._client.reset(spec)
        wanted = 0 if spec.behaviour == "random" else self.min_policy_version
        result = self._client.run(spec, name, wanted)
        transitions = self._collected(result.steps)
        self._name = ""
        return episode_of(spec, transitions)

    def _on_transition(self, message: Transition) -> None:
        if message.episode_id == self._name:
            self._transitions[message.step] = message

    def _collected(self, steps: int) -> list[Transition]:
        """All transitions of the episode, in order."""
        end = time.monotonic() + _STRAGGLERS
        while len(self._transitions) < steps:
            if time.monotonic() > end:
                missing = steps - len(self._transitions)
                raise EpisodeLost(f"{missing} of {steps} transitions did not arrive")
            self._caller.pause(0.01)
        return [self._transitions[index] for index in range(steps)]


def episode_of(spec: RolloutSpec, transitions: list[Transition]) -> Episode:
    """The episode made of all its transitions, in order.

    Raises:
        EpisodeLost: they are not one unbroken episode.
        ConversionError: a picture cannot be converted.
    """
    _refuse_gaps(transitions)
    last = transitions[-1]
    observations = [message.observation for message in transitions] + [last.next_observation]
    proprio = [message.proprio for message in transitions] + [last.next_proprio]
    return Episode(
        id=spec.episode_id,
        task=spec.task,
        pictures=np.stack([_picture(message) for message in observations]),
        proprio=np.array(proprio, np.float32),
        actions=np.array([message.action for message in transitions], np.float32),
        terminated=last.terminated,
        truncated=last.truncated,
        behaviour=spec.behaviour,
        policy_version=last.policy_version,
        holds=sum(message.held for message in transitions),
    )


def _refuse_gaps(transitions: list[Transition]) -> None:
    if not transitions:
        raise EpisodeLost("it has no steps")
    for before, after in itertools.pairwise(transitions):
        reached = stamp_to_nanoseconds(before.next_observation.header.stamp)
        if stamp_to_nanoseconds(after.observation.header.stamp) != reached:
            raise EpisodeLost(f"step {after.step} does not start where step {before.step} ended")
    if not (transitions[-1].terminated or transitions[-1].truncated):
        raise EpisodeLost("its last step is not an end")


def _picture(message: ObservationMessage) -> np.ndarray:
    """(h, w, 3) uint8, all cameras side by side."""
    return tile([image_to_array(image) for image in message.images])
