"""The replay buffer D. Every state is stored once; a transition is an index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fmac_ros.devices import CPU
from fmac_ros.learning.config import REPLAY_MEMORY
from fmac_ros.learning.memory import allocate
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
        reached: (b, c, h, w) of s_{t+k}, which rho infers a_t from; k is the buffer's ``span``.
        sentences: (b,) int64, which of the run's sentences was asked for; 0 if there is one.
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
    reached: Tensor
    sentences: Tensor


@dataclass(frozen=True)
class Ahead:
    """States s_{t+m}, up to n steps after b states s_t and never past their episodes' ends.

    Attributes:
        latents, proprio: (b, c, h, w), (b, p) of s_{t+m}.
        values: (b,) M_V of s_{t+m}.
        steps: (b,) m, at least 1.
        claimed: (b,) 1 where a claimed success, not rejected, ended the episode in s_{t+m}.
    """

    latents: Tensor
    proprio: Tensor
    values: Tensor
    steps: Tensor
    claimed: Tensor


class ReplayBuffer:
    """A ring of ``capacity`` states; the oldest are overwritten.

    Args:
        memory: bytes from which the latents lie in a memory-mapped file.
        folder: directory of that file, None for the system's temporary one.
        span: steps k from s_t to the state that rho infers a_t from, at an episode's end fewer.
        looks: latents kept of each state, in as many looks at its picture.
        device: where what is drawn goes; what is stored stays.
    """

    def __init__(
        self,
        capacity: int,
        latent_shape: LatentShape,
        proprio_size: int,
        action_size: int,
        memory: int = REPLAY_MEMORY,
        folder: Path | None = None,
        span: int = 1,
        looks: int = 1,
        device: torch.device = CPU,
    ) -> None:
        self.capacity = capacity
        self._device = device
        self._span = span
        shape = (looks + 1, capacity, *latent_shape)
        self._block = allocate(shape, np.float16, memory, folder)  # the looks, then the imagined
        self._proprio = np.zeros((capacity, proprio_size), np.float32)
        self._actions = np.zeros((capacity, action_size), np.float32)
        self._values = np.zeros(capacity, np.float32)
        self._successes = np.zeros(capacity, np.float32)
        self._purposeful = np.zeros(capacity, np.float32)
        self._sentences = np.zeros(capacity, np.int16)
        self._starts = np.zeros(capacity, bool)  # index i starts the transition i -> i + 1
        self._solved = np.zeros(capacity, bool)  # state of an episode that ended in success
        self._claimed = np.zeros(capacity, bool)  # its last state
        self._transitions = np.zeros(0, np.int64)
        self._solving = np.zeros(0, np.int64)  # those of successful episodes
        self._head = 0

    def __len__(self) -> int:
        """Transitions that can be sampled."""
        return len(self._transitions)

    def add(self, record: Record, sentence: int = 0) -> None:
        """Store one episode. Raises ValueError where it does not fit this buffer.

        Args:
            sentence: which of the run's sentences it was asked for.
        """
        first, last = self._place(record)
        states, steps = slice(first, last + 1), slice(first, last)
        self._latents[states] = record.latents
        self._looks[1:, states] = record.latents if record.looks is None else record.looks
        self._proprio[states] = record.episode.proprio
        self._values[states] = record.labels.values
        self._successes[states] = record.labels.successes
        self._imagined[steps] = record.labels.imagined
        self._actions[steps] = record.episode.actions
        self._purposeful[steps] = record.episode.behaviour != "random"
        self._sentences[steps] = sentence
        self._starts[states] = True
        self._starts[last] = False
        success = record.episode.terminated and not record.rejected
        self._solved[states] = success
        self._claimed[states] = False
        self._claimed[last] = success
        self._transitions = np.flatnonzero(self._starts)
        self._solving = np.flatnonzero(self._starts & self._solved)

    def sample(self, size: int, rng: np.random.Generator) -> Batch:
        """Draw ``size`` transitions uniformly, with replacement."""
        return self.gather(self.draw(size, rng))

    def draw(self, size: int, rng: np.random.Generator, share: float = 0.0) -> np.ndarray:
        """Indices of ``size`` transitions, drawn with replacement.

        Args:
            share: part of them that comes from successful episodes once there are any.
        """
        if not len(self):
            raise ValueError("the replay buffer is empty, valid: sample after an episode was added")
        solving = int(share * size) if len(self._solving) else 0
        index = self._transitions[rng.integers(len(self), size=size - solving)]
        if not solving:
            return index
        chosen = self._solving[rng.integers(len(self._solving), size=solving)]
        return np.concatenate([index, chosen])

    def seen(self, index: np.ndarray, rng: np.random.Generator) -> Tensor:
        """(b, c, h, w) s_t of the transitions ``index``, each in a look drawn anew."""
        several = len(self._looks) > 1
        look = rng.integers(len(self._looks), size=len(index)) if several else 0
        return self._tensor(self._looks[look, index])

    def solved(self, index: np.ndarray) -> Tensor:
        """(b,) 1 where the transition belongs to an episode with a claimed success."""
        return self._tensor(self._solved[index])

    def look_ahead(self, index: np.ndarray, steps: int) -> Ahead:
        """The states up to ``steps`` after s_t of the transitions ``index``."""
        last = self._after(index, steps)
        return Ahead(
            latents=self._tensor(self._latents[last]),
            proprio=self._tensor(self._proprio[last]),
            values=self._tensor(self._values[last]),
            steps=self._tensor(last - index),
            claimed=self._tensor(self._claimed[last]),
        )

    def _after(self, index: np.ndarray, steps: int) -> np.ndarray:
        """Indices of the states ``steps`` after s_t, or of their episodes' last ones."""
        last = index + 1
        for _ in range(steps - 1):
            last = last + self._starts[last]  # no transition starts at an episode's end
        return last

    @property
    def _looks(self) -> np.ndarray:
        """(looks, capacity, c, h, w); the first is the state as it is."""
        return self._block[:-1]

    @property
    def _latents(self) -> np.ndarray:
        """(capacity, c, h, w) of the states as they are."""
        return self._looks[0]

    @property
    def _imagined(self) -> np.ndarray:
        """(capacity, c, h, w), what was imagined from each state."""
        return self._block[-1]

    @property
    def nbytes(self) -> int:
        """Bytes of everything that is stored, memory-mapped or not."""
        arrays = (value for value in vars(self).values() if isinstance(value, np.ndarray))
        return sum(array.nbytes for array in arrays)

    def everything(self, limit: int = 5000) -> Batch:
        """Up to ``limit`` transitions spread evenly over the buffer."""
        stride = max(1, -(-len(self) // limit))
        return self.gather(self._transitions[::stride])

    def gather(self, index: np.ndarray) -> Batch:
        """The transitions ``index``."""
        following = self._tensor(self._latents[index + 1])
        reached = following
        if self._span > 1:
            reached = self._tensor(self._latents[self._after(index, self._span)])
        return Batch(
            latents=self._tensor(self._latents[index]),
            next_latents=following,
            imagined=self._tensor(self._imagined[index]),
            proprio=self._tensor(self._proprio[index]),
            actions=self._tensor(self._actions[index]),
            values=self._tensor(self._values[index]),
            next_values=self._tensor(self._values[index + 1]),
            next_successes=self._tensor(self._successes[index + 1]),
            purposeful=self._tensor(self._purposeful[index]),
            reached=reached,
            sentences=self._moved(self._sentences[index]).long(),
        )

    def _tensor(self, array: np.ndarray) -> Tensor:
        return self._moved(array).float()

    def _moved(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self._device)

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
        looks, kept = 0 if record.looks is None else len(record.looks), len(self._looks) - 1
        if looks not in (0, kept):
            raise ValueError(
                f"episode {record.episode.id} has {looks} other looks, valid in this run: {kept}"
            )
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
