"""An arm that does not follow is told from one that does, is blocked, or has nothing to do."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control.following import FollowWatch

PERIOD = 0.1  # [s]


def lost_after(measured, commanded, timeout=1.0, steps=40):
    """Time [s] until the watch says so, None if it never does; both are functions of time."""
    watch = FollowWatch(timeout)
    for step in range(steps):
        now = step * PERIOD
        if watch.lost(now, np.array(measured(now)), np.array(commanded(now))):
            return now
    return None


def test_a_dead_controller_is_noticed_in_time():
    assert lost_after(lambda t: [0.0, 1.0], lambda t: [0.1, 1.0]) == pytest.approx(1.0)
    assert lost_after(lambda t: [0.0, 1.0], lambda t: [0.1, 1.0], timeout=0.0) is None


def test_moving_blocked_and_resting_arms_follow():
    assert lost_after(lambda t: [t, 1.0], lambda t: [t + 0.1, 1.0]) is None
    gives_way = lost_after(lambda t: [0.0, 1 + 0.004 * np.sin(9 * t)], lambda t: [0.1, 1.0])
    assert gives_way is None
    assert lost_after(lambda t: [0.0, 1.0], lambda t: [0.01, 1.0]) is None


def test_few_observations_are_not_enough():
    watch = FollowWatch(0.2)
    assert not any(watch.lost(now, np.zeros(2), np.ones(2)) for now in (0.0, 5.0, 9.0))
    with pytest.raises(ValueError, match="timeout is nan"):
        FollowWatch(float("nan"))
