"""How well a trained policy follows the imagined video, in the states that its run visited."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from fmac_ros.learning.inverse_dynamics import InverseDynamics
from fmac_ros.learning.policy import Policy
from fmac_ros.learning.record import Record
from fmac_ros.learning.sentences import Sentences

SMALLEST_ACTION = 0.1  # of rho; a shorter one has no direction to speak of


@torch.inference_mode()
def policy_cosine(
    policy: Policy,
    rho: InverseDynamics,
    records: Iterable[Record],
    sentences: Sentences | None = None,
) -> float | None:
    """Mean cosine between the means of pi(s_t) and rho(s_t, s_hat_{t+1}); None without a state.

    Args:
        sentences: of a policy of several tasks, which the records are episodes of.
    """
    found = [_cosines(policy, rho, record, sentences) for record in records]
    cosines = np.concatenate([np.zeros(0), *found])
    return float(cosines.mean()) if len(cosines) else None


def _cosines(
    policy: Policy, rho: InverseDynamics, record: Record, sentences: Sentences | None
) -> np.ndarray:
    latents = torch.from_numpy(record.latents[:-1]).float()
    proprio = torch.from_numpy(record.episode.proprio[:-1])
    imagined = torch.from_numpy(record.labels.imagined).float()
    wanted = rho(latents, proprio, imagined).mean.numpy()
    told = None
    if sentences is not None:
        told = torch.from_numpy(sentences.embeddings)[[sentences.index(record.episode.task)]]
    done = policy(latents, proprio, told).mean.numpy()  # (T, a)
    lengths = np.linalg.norm(wanted, axis=1)
    kept = lengths > SMALLEST_ACTION
    both = (lengths * np.maximum(np.linalg.norm(done, axis=1), 1e-6))[kept]
    cosines: np.ndarray = (wanted * done).sum(1)[kept] / both
    return cosines
