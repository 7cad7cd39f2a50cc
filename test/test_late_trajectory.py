"""The simulated arm comes over to a trajectory that comes late within its limits."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.robots import load_robot
from fmac_ros.sim.arm import BRIDGE_SHARE, Bridge

PANDA = load_robot("panda")


@pytest.mark.parametrize("gap", [0.0, 0.01, 0.5, -2.0])
@pytest.mark.parametrize("kick", [0.0, 0.3, -1.0])
def test_it_comes_over_within_its_limits(gap: float, kick: float) -> None:
    gaps, kicks = (np.append(np.zeros(6), value) for value in (gap, kick))
    bridge = Bridge.within(PANDA, 1.0, 0.15, gaps, kicks)
    assert bridge.duration >= 0.15
    times = np.linspace(1.0, 1.0 + bridge.duration, 2000, endpoint=False)
    left, rates = (np.array(values) for values in zip(*map(bridge.at, times), strict=True))
    assert left[0] == pytest.approx(gaps) and rates[0] == pytest.approx(kicks)
    assert np.abs(left[-1]).max() < 1e-3 and np.abs(rates[-1]).max() < 2e-2
    room = BRIDGE_SHARE * PANDA.velocity + np.abs(kicks)
    assert np.all(np.abs(rates) <= room * 1.001)
    accelerations = np.diff(rates, axis=0) / np.diff(times)[:, None]
    assert np.all(np.abs(accelerations) <= BRIDGE_SHARE * PANDA.acceleration * 1.001)


def test_a_small_gap_is_closed_in_the_time_asked_for() -> None:
    small = np.full(7, 1e-4)
    assert Bridge.within(PANDA, 0.0, 0.15, small, small).duration == 0.15
