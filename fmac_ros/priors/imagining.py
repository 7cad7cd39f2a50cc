"""Which imagined frame stands for s_hat_{t+1} of each state of an episode.

``every_step`` imagines anew from every state, ``once`` is Algorithm 1 to the letter, ``nearest``
lies between the two: one video as long as the robot is in it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from fmac_ros.learning.config import require, require_number
from fmac_ros.priors.base import LatentSpace

EVERY_STEP, ONCE, NEAREST = "every_step", "once", "nearest"
IMAGINE = (EVERY_STEP, ONCE, NEAREST)
LOOK_AHEAD = 2  # frames; one step ahead the arm hardly moves in the picture
THRESHOLD = 1.5  # [mean steps of a video], measured in docs/method.md


@dataclass(frozen=True)
class ImagineConfig:
    """How episodes are labelled with imagined frames.

    Attributes:
        look_ahead: how many frames a target lies ahead of its state.
        imagine: one of IMAGINE.
        imagine_threshold: of ``nearest``: distance to the nearest frame from which a state is off
            the video, in mean steps of that video.
    """

    look_ahead: int = LOOK_AHEAD
    imagine: str = EVERY_STEP
    imagine_threshold: float = THRESHOLD

    def __post_init__(self) -> None:
        require_number("look_ahead", self.look_ahead, 1)
        require("imagine", self.imagine, self.imagine in IMAGINE, ", ".join(IMAGINE))
        require_number("imagine_threshold", self.imagine_threshold, 0.0)


Ask = Callable[[slice, Sequence[int]], np.ndarray]
"""Imagine from some states of the episode: (n, k, c, h, w) float16 of the k asked frames, numbered
from 1; of all N where none is named."""


class Targets(Protocol):
    """Chooses the imagined frames that an episode is labelled with."""

    def __call__(self, pictures: np.ndarray, look_ahead: int, ask: Ask) -> np.ndarray:
        """Return (n, c, h, w) float16, the target of each of (n, h, w, 3) pictures.

        Args:
            look_ahead: how many frames a target lies ahead of its state, at most N.
        """
        ...


def every_step(pictures: np.ndarray, look_ahead: int, ask: Ask) -> np.ndarray:
    """``Targets``: frame ``look_ahead`` of a video imagined from each state."""
    return ask(slice(0, len(pictures)), (look_ahead,))[:, 0]


def once(pictures: np.ndarray, look_ahead: int, ask: Ask) -> np.ndarray:
    """``Targets``: frame t + ``look_ahead`` of the video of s_0, beyond its end the last one."""
    video = _whole_video(ask, 0)
    return video[np.minimum(np.arange(len(pictures)) + look_ahead, len(video)) - 1]


class Nearest:
    """``Targets``: the frame ``look_ahead`` after the one that is nearest to the state.

    Imagines anew from a state that is off the video, or too near its end.

    Args:
        encoder: of the latents that states and frames are compared in.
        threshold: distance that is off the video [mean steps of the video].
    """

    def __init__(self, encoder: LatentSpace, threshold: float) -> None:
        self._encoder, self._threshold = encoder, threshold

    def __call__(self, pictures: np.ndarray, look_ahead: int, ask: Ask) -> np.ndarray:
        latents = self._encoder.encode(pictures)  # (n, c, h, w)
        targets = np.empty_like(latents)
        video = Video(latents[0], _whole_video(ask, 0))
        for state, latent in enumerate(latents):
            frame, distance = video.nearest(latent)
            if distance > self._threshold or frame + look_ahead >= len(video.frames):
                video, frame = Video(latent, _whole_video(ask, state)), 0
            targets[state] = video.frames[frame + look_ahead]
        return targets


class Video:
    """An imagined video and the state that it was imagined from, which is its frame 0.

    Args:
        start: (c, h, w), the latent of that state.
        imagined: (N, c, h, w).

    Attributes:
        frames: (N + 1, c, h, w).
    """

    def __init__(self, start: np.ndarray, imagined: np.ndarray) -> None:
        self.frames = np.concatenate([start[None], imagined])
        self._points = self.frames.reshape(len(self.frames), -1).astype(np.float32)  # (N + 1, d)
        steps = np.linalg.norm(np.diff(self._points, axis=0), axis=1)  # (N,)
        self._step = max(float(steps.mean()), 1e-6)  # a video may stand still

    def nearest(self, latent: np.ndarray) -> tuple[int, float]:
        """The frame nearest to a latent (c, h, w), and its distance [mean steps of the video]."""
        distances = np.linalg.norm(self._points - latent.ravel().astype(np.float32), axis=1)
        frame = int(distances.argmin())
        return frame, float(distances[frame]) / self._step


def make_targets(settings: Mapping[str, Any], encoder: LatentSpace) -> Targets:
    """The targets that settings by name ask for; others among them are left.

    Args:
        encoder: of the latent space that ``nearest`` compares in.

    Raises:
        ValueError: a setting is not valid.
    """
    names = {field.name for field in fields(ImagineConfig)}
    config = ImagineConfig(**{name: value for name, value in settings.items() if name in names})
    if config.imagine == NEAREST:
        return Nearest(encoder, config.imagine_threshold)
    return once if config.imagine == ONCE else every_step


def noise_seed(seed: int, episode_id: str, first: int = 0) -> int:
    """Seed of what is imagined from the states of an episode that begin with ``first``."""
    name = f"{episode_id}/{first}" if first else episode_id
    return zlib.crc32(f"{seed}/{name}".encode())


def _whole_video(ask: Ask, state: int) -> np.ndarray:
    """(N, c, h, w) imagined from one state."""
    return ask(slice(state, state + 1), ())[0]
