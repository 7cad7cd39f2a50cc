"""A clock that stands still or jumps, while the arm moves."""

from __future__ import annotations

import pytest
from rig import mostly_slow

from fmac_ros.control import gate as gates
from fmac_ros.ros import fault_kinds as kinds
from fmac_ros.ros.names import CLOCK

CLOCKS = {
    "stands_still": (kinds.lost, gates.CLOCK_MISMATCH),
    "jumps_back": (kinds.Shifted(-3.0), gates.CLOCK_MISMATCH),
    "jumps_ahead": (kinds.Shifted(3.0), gates.STALE_OBSERVATION),
}


@pytest.mark.parametrize("fault", mostly_slow(CLOCKS, "stands_still", "jumps_back"))
def test_a_wrong_clock_holds_the_arm(moving, since, fault):
    kind, reason = CLOCKS[fault]
    seen = since()
    moving.desk.relay.spoil(CLOCK, kind)
    seen.held(reason, within=2.0)
    seen.rests(within=2.0)
    moving.desk.relay.heal()
    assert moving.moves()
