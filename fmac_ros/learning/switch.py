"""The last component of an action as the critic sees it where it is a switch (``switching``)."""

from __future__ import annotations

import torch
from torch import Tensor

from fmac_ros.learning.networks import Gaussian
from fmac_ros.switching import DEAD_ZONE

DOES = (-1.0, 0.0, 1.0)  # closes, leaves, opens


def thrown(actions: Tensor) -> Tensor:
    """Actions (b, a) with what their switch does, one of DOES, in the place of its command."""
    command = actions[:, -1:]
    does = (command > DEAD_ZONE).float() - (command < -DEAD_ZONE).float()
    return torch.cat([actions[:, :-1], does], dim=-1)


def shares(pi: Gaussian) -> Tensor:
    """(b, 3) probability that the switch of an action of pi does each of DOES."""
    mean, std = pi.mean[:, -1:], pi.std[:, -1:]
    bounds = mean.new_tensor([-DEAD_ZONE, DEAD_ZONE])
    closes, not_opens = torch.special.ndtr((bounds - mean) / std).unbind(-1)
    return torch.stack([closes, not_opens - closes, 1.0 - not_opens], dim=-1)
