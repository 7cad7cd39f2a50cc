"""Replay of pictures: each stored once as uint8, stacks put together when they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fmac_ros.devices import CPU


@dataclass(frozen=True)
class PixelBatch:
    """b transitions over n steps.

    Attributes:
        pictures, next_pictures: (b, stack c, s, s) float32, 0..255.
        rewards: (b,) discounted over the n steps.
        discounts: (b,) of what comes after; 0 where the episode ended in success.
    """

    pictures: Tensor
    actions: Tensor
    rewards: Tensor
    discounts: Tensor
    next_pictures: Tensor


class PixelReplay:
    """All states of a run, in their order.

    Args:
        capacity: states.
        pictures: (c, s, s) of one state.
        stack: states that are seen at once; before the first one it is repeated.
        device: where what is drawn goes; what is stored stays.
    """

    def __init__(
        self,
        capacity: int,
        pictures: tuple[int, ...],
        action_size: int,
        stack: int,
        device: torch.device = CPU,
    ) -> None:
        self._device = device
        self._pictures = np.zeros((capacity, *pictures), np.uint8)
        self._actions = np.zeros((capacity, action_size), np.float32)
        self._rewards = np.zeros(capacity, np.float32)
        self._ended = np.zeros(capacity, bool)  # success ended the episode after this state's step
        self._first = np.zeros(capacity, np.int64)  # index of its episode's first state
        self._last = np.zeros(capacity, bool)  # no step starts here
        self._stack = stack
        self._count = 0

    def __len__(self) -> int:
        """States stored."""
        return self._count

    def start(self, picture: np.ndarray) -> None:
        """The first state of an episode."""
        self._put(picture, self._count)

    def add(self, action: np.ndarray, reward: float, ended: bool, picture: np.ndarray) -> None:
        """A step from the newest state, and the state that it led to."""
        newest = self._count - 1
        self._actions[newest], self._rewards[newest] = action, reward
        self._ended[newest], self._last[newest] = ended, False
        self._put(picture, int(self._first[newest]))

    def stacked(self) -> np.ndarray:
        """What is seen in the newest state, (stack c, s, s) uint8."""
        return self._stacks(np.array([self._count - 1]))[0]

    def sample(
        self, size: int, n_step: int, discount: float, rng: np.random.Generator
    ) -> PixelBatch:
        """Draw ``size`` transitions uniformly, with replacement."""
        starts = np.flatnonzero(~self._last[: self._count])
        first = starts[rng.integers(len(starts), size=size)]
        index, rewards = first, np.zeros(size, np.float32)
        discounts = np.ones(size, np.float32)
        for _ in range(n_step):
            going = ~self._last[index] & (discounts > 0)
            rewards += going * discounts * self._rewards[index]
            discounts *= np.where(going, discount * ~self._ended[index], 1.0)
            index = index + going
        actions = self._actions[first]
        drawn = self._stacks(first), actions, rewards, discounts, self._stacks(index)
        return PixelBatch(*(torch.from_numpy(part).to(self._device).float() for part in drawn))

    def arrays(self) -> dict[str, np.ndarray]:
        """All that is stored, by name."""
        return {name: array[: self._count] for name, array in self._columns().items()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Inverse of :meth:`arrays`; what follows is another episode.

        Raises:
            KeyError, ValueError: one is missing, or not of this replay's size.
        """
        for name, column in self._columns().items():
            column[: len(arrays[name])] = arrays[name]
            self._count = len(arrays[name])

    def _columns(self) -> dict[str, np.ndarray]:
        return {
            "pictures": self._pictures,
            "actions": self._actions,
            "rewards": self._rewards,
            "ended": self._ended,
            "first": self._first,
            "last": self._last,
        }

    def _put(self, picture: np.ndarray, first: int) -> None:
        self._pictures[self._count] = picture
        self._first[self._count], self._last[self._count] = first, True
        self._count += 1

    def _stacks(self, index: np.ndarray) -> np.ndarray:
        """(b, stack c, s, s) uint8 of states, the newest picture last."""
        back = [np.maximum(index - age, self._first[index]) for age in range(self._stack)]
        return np.concatenate([self._pictures[at] for at in reversed(back)], axis=1)
