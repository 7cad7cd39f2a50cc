"""A latent space that does not encode the same picture twice."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np

from fmac_ros.picture import fingerprint
from fmac_ros.priors.base import LatentSpace, fit_pictures


class RememberingEncoder:
    """Remembers the latents of recent pictures, for several threads at once.

    Value, success and video prior are asked about the same pictures of an episode, after the
    success prior has judged most of them one by one: encoding is half of that work. A thread
    waits for pictures that another one is encoding already.

    Args:
        capacity: pictures remembered, the least recently seen are forgotten.
    """

    def __init__(self, encoder: LatentSpace, capacity: int = 256) -> None:
        self._encoder = encoder
        self._capacity = capacity
        self._known: OrderedDict[bytes, np.ndarray] = OrderedDict()
        self._under_way: set[bytes] = set()
        self._changed = threading.Condition()
        self.name = encoder.name
        self.version = encoder.version
        self.picture_size = encoder.picture_size
        self.latent_shape = encoder.latent_shape

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """Return (n, c, h, w) float16 latents of (n, h, w, 3) uint8 pictures."""
        pictures = fit_pictures(pictures, self.picture_size)
        keys = [fingerprint(picture) for picture in pictures]
        found: dict[bytes, np.ndarray] = {}
        while own := self._claim(keys, found):
            try:
                latents = self._encoder.encode(pictures[list(own.values())])
                found.update(zip(own, map(np.copy, latents), strict=True))
            finally:
                self._release(own, found)
        out = np.empty((len(keys), *self.latent_shape), np.float16)
        for index, key in enumerate(keys):
            out[index] = found[key]
        return out

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Return (n, h, w, 3) uint8 pictures of (n, c, h, w) latents."""
        return self._encoder.decode(latents)

    def _claim(self, keys: list[bytes], found: dict[bytes, np.ndarray]) -> dict[bytes, int]:
        """Add what is known to ``found``; the index of each picture left to the caller.

        Empty once all are found; waits while others encode all that is missing.
        """
        with self._changed:
            while True:
                found.update({key: self._recall(key) for key in keys if key in self._known})
                missing = {key: i for i, key in enumerate(keys) if key not in found}
                own = {key: i for key, i in missing.items() if key not in self._under_way}
                if own or not missing:
                    self._under_way.update(own)
                    return own
                self._changed.wait()

    def _release(self, own: dict[bytes, int], found: dict[bytes, np.ndarray]) -> None:
        """Remember what the caller has encoded; what failed is left to the next."""
        with self._changed:
            self._under_way.difference_update(own)
            for key in own:
                if key in found:
                    self._known[key] = found[key]
                    self._recall(key)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
            self._changed.notify_all()

    def _recall(self, key: bytes) -> np.ndarray:
        self._known.move_to_end(key)
        return self._known[key]
