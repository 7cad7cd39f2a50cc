"""Options of the ensembles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fmac_ros.priors.hub.checks import check_choice, check_count, check_number

WHOLE, EACH = "whole", "each"
VIEWS = (WHOLE, EACH)


@dataclass(frozen=True)
class EnsembleOptions:
    """Who judges what.

    Attributes:
        members: backends with their options, ``[{backend: vlm, model: ...}, ...]``.
        views: ``whole`` shows every member all cameras side by side; with ``each``, a member
            that takes pictures of any size judges every camera's square view by itself, and
            counts as often as there are cameras.
    """

    members: Sequence[Mapping[str, Any]]
    views: str = WHOLE

    def __post_init__(self) -> None:
        if not isinstance(self.members, list | tuple) or not self.members:
            raise ValueError(
                f"members is {self.members!r}, valid: a list of one or more backends with options"
            )
        check_choice("views", self.views, VIEWS)


@dataclass(frozen=True)
class VoteOptions(EnsembleOptions):
    """Options of the vote.

    Attributes:
        k: votes for success that make one; None is a majority.
    """

    k: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.k is None:
            return
        check_count("k", self.k)
        if self.views == WHOLE and self.k > len(self.members):
            raise ValueError(f"k is {self.k}, valid: 1..{len(self.members)}, the members' number")


@dataclass(frozen=True)
class MeanOptions(EnsembleOptions):
    """Options of averaged success.

    Attributes:
        threshold: mean of the levels (``voting``) from which a state counts as solved, 0..1.
    """

    threshold: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("threshold", self.threshold, 0, 1)
