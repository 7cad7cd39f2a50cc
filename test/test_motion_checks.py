"""The checks of recorded motion find what is wrong, and nothing where nothing is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fmac_ros.bench.motion.commanded import CommandedMotion
from fmac_ros.bench.motion.measured import MeasuredMotion
from fmac_ros.control.trajectory import MotionState, Trajectory, plan
from fmac_ros.robots import load_robot, vendor_limits

PANDA = load_robot("panda")
HOME = np.array(PANDA.home)
STEP = np.array([0.1, -0.05, 0.0, 0.05, 0.0, 0.0, 0.2])
PATH = plan(PANDA, MotionState.at_rest(HOME), HOME + STEP)


def found_in(path: Trajectory, *before: Trajectory) -> str:
    """What the check says of a command that starts 0.1 s after those before it."""
    check = CommandedMotion("panda", PANDA)
    for index, one in enumerate((*before, path)):
        check.add(10.0 + 0.1 * index, one, HOME)
    return " ".join(check.violations)


def test_planned_motions_are_fine() -> None:
    onwards = plan(PANDA, PATH.at(0.1), HOME - STEP)
    assert found_in(onwards, PATH) == ""
    assert found_in(PATH) == ""


def _with(**fields: np.ndarray) -> Trajectory:
    return dataclasses.replace(PATH, **fields)


ZIGZAG = 2e-3 * (np.arange(len(PATH.times)) % 2)[:, None]
BROKEN = {
    "not finite": _with(positions=PATH.positions * np.nan),
    "end at rest": _with(velocities=PATH.velocities + 0.1),
    "joint range": _with(positions=PATH.positions + np.pi),
    "a velocity is": _with(velocities=9 * PATH.velocities),
    "an acceleration is": _with(accelerations=3 * PATH.accelerations),
    "a jerk is": _with(times=0.55 * PATH.times),
    "between samples": _with(positions=PATH.positions + ZIGZAG),
    "it starts": plan(PANDA, MotionState.at_rest(HOME + 0.3), HOME + 0.3 + STEP),
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_commands_are_named(text: str) -> None:
    assert text in found_in(BROKEN[text])


def test_a_jump_against_the_motion_before_is_found() -> None:
    late = plan(PANDA, PATH.at(0.16), HOME - STEP)  # planned for another moment than its stamp
    check = CommandedMotion("panda", PANDA)
    check.add(10.0, PATH, HOME)
    check.add(10.1, late, HOME + 1.0)
    assert "beside the motion before" in check.violations[0]


def _measure(speed: float, jump: float = 0.0) -> MeasuredMotion:
    """A joint that moves at ``speed`` [rad/s], and faster by ``jump`` in its second half."""
    measured = MeasuredMotion("panda")
    q = HOME.copy()
    for tick in range(40):
        v = np.zeros(7)
        v[0] = speed + jump * (tick >= 20)
        q = q + 0.01 * v
        measured.add(0.01 * tick, q, v)
    return measured


def test_measured_limits() -> None:
    limit = vendor_limits("panda")
    assert _measure(0.5).violations == []
    assert "velocity" in _measure(1.3 * limit["velocity"][0]).violations[0]
    kick = 6.0 * limit["acceleration"][0] * 0.05
    assert any("acceleration" in text for text in _measure(-kick / 2, kick).violations)
    disturbed = _measure(-kick / 2, kick)
    disturbed.disturbed(0.2)
    assert disturbed.violations == []


def test_rest_is_seen() -> None:
    measured = _measure(0.5)
    assert measured.moving and measured.rests_since is None
    for tick in range(20):
        measured.add(0.4 + 0.01 * tick, HOME, np.zeros(7))
    assert not measured.moving and measured.rests_since == pytest.approx(0.39)


def test_a_reset_after_time_went_back_forgets_nothing_of_before() -> None:
    measured = _measure(0.5, jump=3.0)
    noted = measured.violations
    assert noted
    measured.add(0.0, HOME, np.zeros(7))  # the simulator was started again
    measured.disturbed(0.2)  # and reset at a time that those notes name, too
    assert measured.violations == noted
