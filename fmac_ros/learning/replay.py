"""The replay buffer D. Every state is stored once; a transition is an index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fmac_ros.learning.networks import LatentShape
from fmac_ros.learning.record import Record


@dataclass(frozen=True)
class Batch:
    """b transitions (s_t, a_t, s_{t+1}) as float32 tensors.

    Attributes:
        latents, next_latents, imagined: (b, c, h, w) of s_t, s_{t+1} and s_hat_{t+1}.
        proprio: (b, p) of s_t.
        actions: (b, a), a_t as it passed the gate.
        values, next_values: (b,) M_V of s_t and s_{t+1}.
        next_successes: (b,) M_R of s_{t+1}, 0 or 1.
        purposeful: (b,) 1 where the action was meant to solve the task, 0 in random play.
    """

    latents: Tensor
    next_latents: Tensor
    imagined: Tensor
    proprio: Tensor
    actions: Tensor
    values: Tensor
    next_values: Tensor
    next_successes: Tensor
    purposeful: Tensor


class ReplayBuffer:
    """A ring of ``capacity`` states; the oldest are overwritten."""

    def __init__(
        self, capacity: int, latent_shape: LatentShape, proprio_size: int, action_size: int
    ) -> None:
        self.capacity = capacity
        self._latents = np.zeros((capacity, *latent_shape), np.float16)
        self._imagined = np.zeros((capacity, *latent_shape), np.float16)
        self._proprio = np.zeros((capacity, proprio_size), np.float32)
        self._actions = np.zeros((capacity, action_size), np.float32)
        self._values = np.zeros(capacity, np.float32)
        self._successes = np.zeros(capacity, np.float32)
        self._purposeful = np.zeros(capacity, np.float32)
        self._starts = np.zeros(capacity, bool)  # index i starts the transition i -> i + 1
        self._transitions = np.zeros(0, np.int64)
        self._head = 0

    def __len__(self) -> int:
        """Transitions that can be sampled."""
        return len(self._transitions)

    def add(self, record: Record) -> None:
        """Store one episode. Raises ValueError where it does not fit this buffer."""
        first, last = self._place(record)
        states, steps = slice(first, last + 1), slice(first, last)
        self._latents[states] = record.latents
        self._proprio[states] = record.episode.proprio
        self._values[states] = record.labels.values
        self._successes[states] = record.labels.successes
        self._imagined[steps] = record.labels.imagined
        self._actions[steps] = record.episode.actions
        self._purposeful[steps] = record.episode.behaviour != "random"
        self._starts[states] = True
        self._starts[last] = False
        self._transitions = np.flatnonzero(self._starts)

    def sample(self, size: int, rng: np.random.Generator) -> Batch:
        """Draw ``size`` transitions uniformly, with replacement."""
        if not len(self):
            raise ValueError("the replay buffer is empty, valid: sample after an episode was added")
        return self._gather(self._transitions[rng.integers(len(self), size=size)])

    def everything(self, limit: int = 5000) -> Batch:
        """Up to ``limit`` transitions spread evenly over the buffer."""
        stride = max(1, -(-len(self) // limit))
        return self._gather(self._transitions[::stride])

    def _gather(self, index: np.ndarray) -> Batch:
        return Batch(
            latents=_tensor(self._latents[index]),
            next_latents=_tensor(self._latents[index + 1]),
            imagined=_tensor(self._imagined[index]),
            proprio=_tensor(self._proprio[index]),
            actions=_tensor(self._actions[index]),
            values=_tensor(self._values[index]),
            next_values=_tensor(self._values[index + 1]),
            next_successes=_tensor(self._successes[index + 1]),
            purposeful=_tensor(self._purposeful[index]),
        )

    def _place(self, record: Record) -> tuple[int, int]:
        """Indices of the first and the last state of a new episode."""
        steps = record.episode.steps
        self._refuse_misfit(record)
        if self._head + steps + 1 > self.capacity:
            self._starts[self._head :] = False
            self._head = 0
        first = self._head
        self._head += steps + 1
        return first, first + steps

    def _refuse_misfit(self, record: Record) -> None:
        if record.episode.steps + 1 > self.capacity:
            raise ValueError(
                f"an episode of {record.episode.steps} steps does not fit a replay buffer of "
                f"{self.capacity} states, valid: a larger replay_capacity"
            )
        pairs: dict[str, tuple[np.ndarray, np.ndarray]] = {
            "latents": (record.latents, self._latents),
            "proprio": (record.episode.proprio, self._proprio),
            "actions": (record.episode.actions, self._actions),
        }
        for name, (given, stored) in pairs.items():
            if given.shape[1:] != stored.shape[1:]:
                raise ValueError(
                    f"{name} of episode {record.episode.id} are {given.shape[1:]} a step, "
                    f"valid in this run: {stored.shape[1:]}"
                )


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array).float()
