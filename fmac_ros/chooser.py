"""Who chooses the action of a step: the policy, random play, or the imagined video."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fmac_ros.learning.actor import Actor, RandomPlay
from fmac_ros.learning.sentences import Embed
from fmac_ros.switching import Decider, HeldNoise
from fmac_ros.types import RolloutSpec


class Chooser:
    """Chooses the actions of one episode.

    Args:
        spec: behaviour, seed and determinism of the episode.
        actor: the newest actor, None before the first parameters arrived.
        action_size: number of components of an action.
        min_version: oldest policy parameters to start with.
        embed: text encoder for a policy of several tasks that is asked for a sentence which it
            was not trained on; not called for any other.
        switch: the last component of an action is a switch (``switching``).
    """

    def __init__(
        self,
        spec: RolloutSpec,
        actor: Callable[[], Actor | None],
        action_size: int,
        min_version: int = 0,
        embed: Embed | None = None,
        switch: bool = False,
    ) -> None:
        self._spec = spec
        self._actor = actor
        self._min_version = min_version
        self._embed = embed or _no_encoder
        self._rng = np.random.default_rng(spec.seed)
        self._play = RandomPlay(action_size, self._rng)
        self._decider = Decider() if switch and spec.deterministic else None
        self._noise = HeldNoise(self._rng, spec.gripper_hold) if switch else self._rng

    @property
    def needs_latent(self) -> bool:
        """Whether the picture of the state is looked at."""
        return self._spec.behaviour != "random"

    @property
    def needs_imagined(self) -> bool:
        """Whether every action needs an imagined next state."""
        actor = self._actor()
        choosing = actor is not None and actor.chooses and self._spec.behaviour == "policy"
        return choosing or self._spec.behaviour == "prior"

    @property
    def version(self) -> int:
        """Version of the parameters that act now, 0 without any."""
        actor = self._actor()
        return actor.version if actor is not None and self.needs_latent else 0

    @property
    def ready(self) -> bool:
        """Whether the episode can start with the parameters at hand."""
        if not self.needs_latent:
            return True
        actor = self._actor()
        return actor is not None and actor.version >= self._min_version

    def choose(
        self, latent: np.ndarray, proprio: np.ndarray, imagined: np.ndarray | None
    ) -> np.ndarray:
        """The action of a state, (a,) float32 in [-1, 1].

        Args:
            latent: (c, h, w), the encoded picture; not read by random play.
            proprio: (p,).
            imagined: (c, h, w), the imagined next state where ``needs_imagined``.
        """
        if not self.needs_latent:
            return self._play.act()
        actor = self._actor()
        if actor is None:
            raise ValueError("no policy parameters yet, valid: choose once the chooser is ready")
        actor = actor.told(self._spec.task, self._embed)
        drawing = self._spec.deterministic, self._noise
        if imagined is None:
            return actor.act(latent, proprio, *drawing, self._decider)
        if self._spec.behaviour == "prior":
            return actor.infer(latent, proprio, imagined, *drawing)
        return actor.choose(latent, proprio, imagined, *drawing, self._decider)


def _no_encoder(sentence: str) -> np.ndarray:
    raise ValueError(f"{sentence!r} was not trained on and there is no text encoder here")
