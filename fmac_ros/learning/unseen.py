"""How well rho does on episodes that it has not learned from yet."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
import torch

from fmac_ros.devices import device_of
from fmac_ros.learning.inverse_dynamics import InverseDynamics
from fmac_ros.learning.record import Record

EPISODES = 20  # behind the means
FRESH = 200  # updates since an acting version; a resumed run adds its old episodes again
SMALLEST_ACTION = 0.05  # a shorter one has no direction to speak of


class Errors(NamedTuple):
    """Of one episode."""

    error: float  # mean absolute error of a component
    cosine: float  # mean cosine between rho's action and the one that was done


class Unseen:
    """Tests rho on each new episode before it goes into D. Reads no random generator.

    Args:
        span: steps to the state that rho infers an action from.
    """

    def __init__(self, span: int = 1) -> None:
        self._span = span
        self._found: deque[Errors] = deque(maxlen=EPISODES)

    def test(self, rho: InverseDynamics, record: Record, updates: int) -> None:
        """Test on a record that comes after ``updates`` updates; random play does not count."""
        episode = record.episode
        fresh = updates > 0 and updates - episode.policy_version <= FRESH
        if fresh and episode.behaviour != "random":
            errors = measure(rho, record, self._span)
            if errors is not None:
                self._found.append(errors)

    def metrics(self) -> dict[str, float]:
        """Means over the newest episodes, empty before the first."""
        if not self._found:
            return {}
        error, cosine = np.mean(self._found, axis=0)
        return {"rho_unseen_error": float(error), "rho_unseen_cosine": float(cosine)}


@torch.inference_mode()
def measure(rho: InverseDynamics, record: Record, span: int = 1) -> Errors | None:
    """rho's errors on the transitions of a record; None where nothing was done in it."""
    device = device_of(rho)
    latents = torch.from_numpy(record.latents).to(device).float()
    proprio = torch.from_numpy(record.episode.proprio).to(device)
    done = record.episode.actions  # (T, a)
    reached = np.minimum(np.arange(len(done)) + span, len(done))
    inferred = rho(latents[:-1], proprio[:-1], latents[reached]).mean.cpu().numpy()  # (T, a)
    lengths = np.linalg.norm(done, axis=1)
    moving = lengths > SMALLEST_ACTION
    if not moving.any():
        return None
    found = np.maximum(np.linalg.norm(inferred, axis=1), 1e-6)
    cosines = (inferred * done).sum(1)[moving] / (found * lengths)[moving]
    return Errors(float(np.abs(inferred - done).mean()), float(cosines.mean()))
