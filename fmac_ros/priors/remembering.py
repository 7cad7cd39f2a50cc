"""A latent space that does not encode the same picture twice."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import numpy as np

from fmac_ros.priors.base import LatentSpace


class RememberingEncoder:
    """Remembers the latents of recent pictures; not for several threads at once.

    Value, success and video prior are asked about the same pictures of an episode, after the
    success prior has judged most of them one by one: encoding is half of that work.

    Args:
        capacity: pictures remembered, the least recently seen are forgotten.
    """

    def __init__(self, encoder: LatentSpace, capacity: int = 256) -> None:
        self._encoder = encoder
        self._capacity = capacity
        self._known: OrderedDict[bytes, np.ndarray] = OrderedDict()
        self.name = encoder.name
        self.version = encoder.version
        self.picture_size = encoder.picture_size
        self.latent_shape = encoder.latent_shape

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """Return (n, c, h, w) float16 latents of (n, h, w, 3) uint8 pictures."""
        keys = [_fingerprint(picture) for picture in pictures]
        new = [index for index, key in enumerate(keys) if key not in self._known]
        latents = np.empty((len(pictures), *self.latent_shape), np.float16)
        if new:
            latents[new] = self._encoder.encode(pictures[new])
        for index in set(range(len(keys))) - set(new):
            latents[index] = self._known[keys[index]]
        for key, latent in zip(keys, latents, strict=True):
            self._remember(key, latent)
        return latents

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Return (n, h, w, 3) uint8 pictures of (n, c, h, w) latents."""
        return self._encoder.decode(latents)

    def _remember(self, key: bytes, latent: np.ndarray) -> None:
        self._known[key] = latent.copy()
        self._known.move_to_end(key)
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)


def _fingerprint(picture: np.ndarray) -> bytes:
    form = f"{picture.shape} {picture.dtype}".encode()
    return form + hashlib.blake2b(picture.tobytes(), digest_size=16).digest()
