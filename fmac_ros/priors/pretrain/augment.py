"""Small random changes of light and colour."""

from __future__ import annotations

import numpy as np

BRIGHTNESS = 0.08  # of full scale, added
CONTRAST = 0.12  # relative
COLOUR = 0.06  # relative, a channel


def jitter(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One random light for all of (n, h, w, 3) uint8 pictures."""
    gain = (1 + rng.uniform(-CONTRAST, CONTRAST)) * (1 + rng.uniform(-COLOUR, COLOUR, 3))
    offset = 255 * rng.uniform(-BRIGHTNESS, BRIGHTNESS)
    levels = np.arange(256)[:, None] * gain + offset  # (256, 3)
    table = levels.round().clip(0, 255).astype(np.uint8)
    return np.stack([table[pictures[..., channel], channel] for channel in range(3)], axis=-1)
