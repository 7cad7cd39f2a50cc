"""What a foundation prior is: pictures and a sentence in, numbers out.

Any object with these methods serves as a prior. Pictures are (n, h, w, 3) uint8 RGB,
the cameras of one state side by side (``fmac_ros.picture.tile``). ``name`` and ``version``
travel with every answer, so that a stored label can be traced to the model that gave it.
``picture_size`` is the (h, w) that a prior works at: it takes that, or a whole multiple of it and
shrinks that; None where it resizes by itself whatever it gets. ``conditioning`` says what tells
it the task, some of ``CONDITIONINGS``.

A prior may also have ``cacheable = False``: its answer is not a function of picture and sentence
alone, so it must not be remembered; ``batchable = False``: it must be given each request whole
and by itself; ``threshold_of(sentence)``: of a success prior, a threshold for each task;
``warm_up = False``: it is not to be asked before somebody wants to know (by default
as ``cacheable``); ``status()``: a dict of numbers and texts for diagnostics; and ``close()``, which
ends its threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from fmac_ros.picture import Size, multiple, shrink

CONDITIONINGS = ("text", "goal_image")

Progress = Callable[[float], None]  # called with the finished fraction, 0..1


class ValuePrior(Protocol):
    """``M_V(s|T)``: how close a state is to solving the task, 0 (far) to 1 (solved)."""

    name: str
    version: str
    picture_size: Size | None
    conditioning: tuple[str, ...]

    def values(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 values of (n, h, w, 3) uint8 pictures."""
        ...


class SuccessPrior(Protocol):
    """``M_R(s|T)``: whether the task is solved; 1 where ``scores >= threshold``."""

    name: str
    version: str
    picture_size: Size | None
    conditioning: tuple[str, ...]
    threshold: float

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 probabilities of (n, h, w, 3) uint8 pictures."""
        ...


class VideoPrior(Protocol):
    """``M_tau(s|T)``: a latent video of the task being solved from a state."""

    name: str
    version: str
    picture_size: Size | None
    conditioning: tuple[str, ...]
    frames: int  # length N of an imagined video; future frames are numbered 1..N

    def imagine(
        self,
        pictures: np.ndarray,
        sentence: str,
        frame_indices: Sequence[int],
        seed: int,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Return (n, k, c, h, w) float16 latents of the k asked future frames."""
        ...


class LatentSpace(Protocol):
    """The space the imagined frames live in, shared with the policy's encoder."""

    name: str
    version: str
    picture_size: Size

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(c, h, w) of one latent."""
        ...

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """Return (n, c, h, w) float16 latents of (n, h, w, 3) uint8 pictures."""
        ...

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Return (n, h, w, 3) uint8 pictures of (n, c, h, w) latents."""
        ...


class TextEncoder(Protocol):
    """Sentences to vectors."""

    def encode(self, sentence: str) -> np.ndarray:
        """Return the (d,) float32 embedding of one sentence."""
        ...


def check_pictures(pictures: np.ndarray, size: Size | None = None) -> None:
    """Refuse anything but (n, h, w, 3) uint8, (h, w) a whole multiple of ``size`` where given."""
    if pictures.ndim != 4 or pictures.shape[3] != 3:
        raise ValueError(f"pictures have shape {pictures.shape}, valid: (n, h, w, 3)")
    if size is not None and not multiple(pictures.shape[1:3], size):
        raise ValueError(
            f"pictures have shape {pictures.shape}, valid: (n, {size[0]}, {size[1]}, 3) or a whole"
            " multiple of that size; in the ROS graph, set state_node.image_size"
        )
    if pictures.dtype != np.uint8:
        raise ValueError(f"pictures have type {pictures.dtype}, valid: uint8")


def fit_pictures(pictures: np.ndarray, size: Size) -> np.ndarray:
    """(n, h, w, 3) uint8 pictures of the ``size`` a prior works at, shrunk where they are larger.

    Raises:
        ValueError: they are no such pictures, nor of a whole multiple of that size.
    """
    check_pictures(pictures, size)
    return shrink(pictures, size)


def check_finite(numbers: np.ndarray, source: str) -> np.ndarray:
    """Return ``numbers`` unchanged, or raise where a model answered NaN or infinity."""
    if not np.isfinite(numbers).all():
        raise FloatingPointError(f"{source} answered a non-finite number")
    return numbers


def threshold_of(prior: SuccessPrior, sentence: str) -> float:
    """From what score on a success prior calls a picture solved for a sentence."""
    own: Callable[[str], float] = getattr(prior, "threshold_of", lambda _: prior.threshold)
    return float(own(sentence))


def is_cacheable(prior: Any) -> bool:
    """Whether equal questions have equal answers."""
    return bool(getattr(prior, "cacheable", True))


def is_batchable(prior: Any) -> bool:
    """Whether requests may be merged into one call, and cut into several."""
    return bool(getattr(prior, "batchable", True))


def wants_warm_up(prior: Any) -> bool:
    """Whether it does no harm to ask a prior for nothing."""
    return bool(getattr(prior, "warm_up", is_cacheable(prior)))
