"""How wrong an oracle is."""

from __future__ import annotations

from dataclasses import dataclass

from fmac_ros.priors.hub.checks import check_number


@dataclass(frozen=True)
class OracleSuccessOptions:
    """Options of the success oracle.

    Attributes:
        false_positive_rate, false_negative_rate: share of the unsolved and of the solved
            pictures that it is wrong about.
        reversed: say the opposite, after these errors.
        seed: of the errors.
    """

    false_positive_rate: float = 0.0
    false_negative_rate: float = 0.0
    reversed: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_number("false_positive_rate", self.false_positive_rate, 0, 1)
        check_number("false_negative_rate", self.false_negative_rate, 0, 1)
        _check_common(self.reversed, self.seed)


@dataclass(frozen=True)
class OracleValueOptions:
    """Options of the value oracle.

    Attributes:
        value_noise: standard deviation of the noise on the progress, before clipping to 0..1.
        reversed: 1 minus the progress.
        seed: of the noise.
    """

    value_noise: float = 0.0
    reversed: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_number("value_noise", self.value_noise, 0)
        _check_common(self.reversed, self.seed)


def _check_common(turned: object, seed: object) -> None:
    if not isinstance(turned, bool):
        raise ValueError(f"reversed is {turned!r}, valid: true, false")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ValueError(f"seed is {seed!r}, valid: 0, 1, ...")
