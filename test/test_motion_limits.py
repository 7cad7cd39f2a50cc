"""Thousands of hostile actions, and what the arm's joints are sent, differentiated here anew."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from described_arms import fr3_description

from fmac_ros.control.controller import ArmController
from fmac_ros.control.interlock import Interlock
from fmac_ros.paths import config_dir
from fmac_ros.robots import load_robot
from fmac_ros.types import Observation

STEPS = 300
TICK = 1e-3  # [s], at which a driver interpolates
# A polynomial through two samples needs more jerk than a plan that is sampled there. What that
# adds is in the margin of the vendor's limit, where there is one.
BETWEEN_SAMPLES = 2.0
NO_VENDOR_JERK = ("ur5e",)


def _hostile(kind, step, rng, size):
    """Actions that are random, bang-bang, or broken now and then."""
    if kind == "random":
        return rng.uniform(-1.5, 1.5, size)
    if kind == "bang-bang":
        return np.full(size, 1.0 if step % 3 else -1.0) * rng.choice([-1, 1], size)
    if rng.random() < 0.2:
        return np.full(size, rng.choice([np.nan, np.inf, 1e9]))
    return rng.uniform(-1, 1, size)


def _meddle(interlock, rng):
    """An operator who plays with every switch."""
    interlock.scale(rng.choice([1.0, 1.0, 0.4, 0.0]))
    interlock.emergency_stop(bool(rng.random() < 0.1))
    interlock.arm()


def _recorded(robot, urdf, space, kind):
    """Positions (t, n) [rad] at every tick of a long run, and samples of each trajectory."""
    interlock = Interlock()
    controller = ArmController(robot, space, urdf=urdf, interlock=interlock)
    rng = np.random.default_rng(11)
    q, v, now = np.array(robot.home), np.zeros(robot.size), 0.0
    fingers = np.full(2, 0.01), np.zeros(2)
    controller.reset(Observation(now, (), (), q, v, *fingers))
    ticks, paths = [], []
    for step in range(STEPS):
        if kind == "broken":
            _meddle(interlock, rng)
        age = 0.5 if kind == "broken" and rng.random() < 0.1 else 0.0
        seen = Observation(now - age, (), (), q, v, *fingers)
        path = controller.command(seen, _hostile(kind, step, rng, controller.space.size), now)
        paths.append(path.trajectory)
        count = 100 if rng.random() < 0.7 else int(rng.integers(20, 300))
        since = now - path.start  # a motion that is left alone began earlier
        ticks += [path.trajectory.at(since + i * TICK).q for i in range(count)]
        state = path.trajectory.at(since + count * TICK)
        q, v, now = state.q, state.v, now + count * TICK
    return np.array(ticks), paths


@pytest.mark.parametrize("kind", ["random", "bang-bang", "broken"])
@pytest.mark.parametrize("space", ["ee_delta", "joint_delta"])
@pytest.mark.parametrize("name", ["panda", "ur5e", "fr3"])
def test_no_limit_is_passed(name, space, kind):
    robot = load_robot(name)
    urdf = fr3_description() if name == "fr3" else None
    file = yaml.safe_load((config_dir() / "robots" / f"{name}.yaml").read_text())
    vendor = {key: np.array(values) for key, values in file["vendor_limits"].items()}
    ticks, paths = _recorded(robot, urdf, space, kind)
    assert np.ptp(ticks, axis=0).max() > 0.1, "the arm moves at all"
    assert np.all(ticks >= vendor["lower"]) and np.all(ticks <= vendor["upper"])
    velocity = np.diff(ticks, axis=0) / TICK
    acceleration = np.diff(velocity, axis=0) / TICK
    jerk = np.diff(acceleration, axis=0) / TICK
    assert np.all(np.abs(velocity) <= vendor["velocity"])
    assert np.all(np.abs(acceleration) <= vendor["acceleration"])
    most = BETWEEN_SAMPLES * robot.jerk if name in NO_VENDOR_JERK else vendor["jerk"]
    assert np.all(np.abs(jerk) <= most)
    for path in paths:
        swings = np.abs(np.diff(path.accelerations, axis=0)) / np.diff(path.times)[:, None]
        assert np.all(swings <= robot.jerk * 1.01 + 0.1)
