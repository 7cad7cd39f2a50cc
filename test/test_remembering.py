"""The remembering encoder gives the same latents and asks for each picture once."""

from __future__ import annotations

import numpy as np

from fmac_ros.priors.remembering import RememberingEncoder


class CountingEncoder:
    """Latents that are the picture's mean; counts what it encodes."""

    name, version, latent_shape, picture_size = "counting", "1", (1, 1, 1), (4, 4)

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        self.encoded += len(pictures)
        return pictures.mean((1, 2, 3), dtype=np.float32).astype(np.float16)[:, None, None, None]

    def decode(self, latents: np.ndarray) -> np.ndarray:
        return np.broadcast_to(latents, (len(latents), 4, 4, 3)).astype(np.uint8)


def pictures_of(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (count, 4, 4, 3), np.uint8)


def test_known_pictures_are_not_encoded_again() -> None:
    inner, pictures = CountingEncoder(), pictures_of(6)
    encoder = RememberingEncoder(inner)
    encoder.encode(pictures[:4])
    latents = encoder.encode(pictures[[5, 1, 4, 0]])
    assert inner.encoded == 6
    assert np.array_equal(latents, CountingEncoder().encode(pictures[[5, 1, 4, 0]]))


def test_the_least_recently_seen_are_forgotten() -> None:
    inner, pictures = CountingEncoder(), pictures_of(3)
    encoder = RememberingEncoder(inner, capacity=2)
    encoder.encode(pictures[:2])
    encoder.encode(pictures[:1])
    encoder.encode(pictures[2:])  # forgets picture 1
    encoder.encode(pictures[:1])
    assert inner.encoded == 3
    encoder.encode(pictures[1:2])
    assert inner.encoded == 4


def test_returned_latents_may_be_changed() -> None:
    encoder, pictures = RememberingEncoder(CountingEncoder()), pictures_of(1)
    encoder.encode(pictures)[:] = 0
    assert encoder.encode(pictures).item() > 0
