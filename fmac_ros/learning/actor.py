"""What acts on the robot: pi, rho on an imagined frame, the better of both, or random play."""

from __future__ import annotations

import copy

import numpy as np
import torch

from fmac_ros.learning.critic import TwinCritic
from fmac_ros.learning.inverse_dynamics import InverseDynamics
from fmac_ros.learning.networks import Gaussian
from fmac_ros.learning.parameters import unpack_parameters
from fmac_ros.learning.policy import Policy
from fmac_ros.learning.sentences import Embed, Sentences
from fmac_ros.switching import Decider, Noise


class Actor:
    """pi and rho with fixed weights. Every action is (a,) float32 in [-1, 1].

    Attributes:
        version: number of updates behind the weights.
    """

    def __init__(
        self,
        policy: Policy,
        rho: InverseDynamics,
        version: int,
        critic: TwinCritic | None = None,
        sentences: Sentences | None = None,
    ) -> None:
        self._policy = policy
        self._rho = rho
        self._critic = critic
        self._sentences = sentences
        self._told: torch.Tensor | None = None  # (1, d)
        self.version = version

    @classmethod
    def from_bytes(cls, data: bytes) -> Actor:
        """Load what ``Learner.parameters()`` gave. Raises FormatError on other bytes."""
        return cls(*unpack_parameters(data))

    @property
    def chooses(self) -> bool:
        """Whether behaviour ``policy`` is :meth:`choose`, which needs an imagined frame."""
        return self._critic is not None

    @property
    def action_size(self) -> int:
        """Number of components of an action."""
        return self._policy.head.linear.out_features // 2

    def told(self, sentence: str, embed: Embed) -> Actor:
        """This actor, asked for a sentence. One that has learned a single task is its own answer.

        Args:
            embed: the text encoder; asked only about a sentence that was not trained on.
        """
        if self._sentences is None:
            return self
        asked = copy.copy(self)
        asked._told = _row(self._sentences.embedding(sentence, embed))
        return asked

    @torch.inference_mode()
    def act(
        self,
        latent: np.ndarray,
        proprio: np.ndarray,
        deterministic: bool,
        rng: Noise,
        decider: Decider | None = None,
    ) -> np.ndarray:
        """Behaviour ``policy``: an action from pi(s_t|T), its mean when deterministic.

        Args:
            latent: (c, h, w), the encoded picture of s_t.
            proprio: (p,) of s_t.
            decider: throws the action's last component, where it is a switch.
        """
        action = _draw(self._policy(_row(latent), _row(proprio), self._told), deterministic, rng)
        return action if decider is None else decider.decided(action, proprio)

    @torch.inference_mode()
    def infer(
        self,
        latent: np.ndarray,
        proprio: np.ndarray,
        imagined: np.ndarray,
        deterministic: bool,
        rng: Noise,
    ) -> np.ndarray:
        """Behaviour ``prior``: an action from rho(s_t, s_hat_{t+1}).

        Args:
            imagined: (c, h, w), the latent s_hat_{t+1} of the imagined video.
        """
        given = self._rho(_row(latent), _row(proprio), _row(imagined))
        return _draw(given, deterministic, rng)

    @torch.inference_mode()
    def choose(
        self,
        latent: np.ndarray,
        proprio: np.ndarray,
        imagined: np.ndarray,
        deterministic: bool,
        rng: Noise,
        decider: Decider | None = None,
    ) -> np.ndarray:
        """Behaviour ``policy`` with a critic: argmax of Q over an action of pi and one of rho.

        Args: those of :meth:`infer`, and ``decider`` of :meth:`act`. For rho it is not asked: rho
            does not read a switch.
        """
        if self._critic is None:
            raise ValueError("these parameters hold no critic, valid: act or infer")
        found = [
            self.act(latent, proprio, deterministic, rng, decider),
            self.infer(latent, proprio, imagined, deterministic, rng),
        ]
        actions = torch.from_numpy(np.stack(found))
        features = self._critic.features(_row(latent), _row(proprio), self._told)
        q = self._critic.values(features.expand(len(found), -1), actions).amin(-1)  # (2,)
        return found[int(q.argmax())]


class RandomPlay:
    """Behaviour ``random``: one direction held for a few steps, then another.

    White noise would stay where it started; held directions reach the whole workspace, and
    their slight jitter keeps rho from seeing the same action twice.
    """

    SHORTEST, LONGEST = 2, 7  # [steps]
    JITTER = 0.15

    def __init__(self, action_size: int, rng: np.random.Generator) -> None:
        self._rng = rng
        self._direction = np.zeros(action_size)
        self._left = 0

    def act(self) -> np.ndarray:
        """The next action, (a,) float32 in [-1, 1]."""
        if self._left == 0:
            self._direction = self._rng.uniform(-1.0, 1.0, self._direction.shape)
            self._left = int(self._rng.integers(self.SHORTEST, self.LONGEST + 1))
        self._left -= 1
        jitter = self.JITTER * self._rng.standard_normal(self._direction.shape)
        return np.clip(self._direction + jitter, -1.0, 1.0).astype(np.float32)


def _row(array: np.ndarray) -> torch.Tensor:
    if not np.isfinite(array).all():
        raise ValueError(f"an input of shape {array.shape} is not finite, valid: finite numbers")
    return torch.from_numpy(np.asarray(array, np.float32))[None]


def _draw(action: Gaussian, deterministic: bool, rng: Noise) -> np.ndarray:
    mean, std = action.mean[0].numpy(), action.std[0].numpy()
    drawn = mean if deterministic else mean + std * rng.standard_normal(mean.shape)
    return np.clip(drawn, -1.0, 1.0).astype(np.float32)
