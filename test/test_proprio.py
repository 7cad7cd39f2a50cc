"""Proprioception is the tip's position and its true velocity."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control.kinematics import Kinematics
from fmac_ros.control.proprio import PROPRIO_SIZE, proprio
from fmac_ros.robots import load_robot
from fmac_ros.types import Observation


def test_velocity_by_finite_differences() -> None:
    robot = load_robot("ur5e")
    kinematics = Kinematics(robot)
    speed = np.linspace(-1, 1, robot.size)
    values = proprio(kinematics, Observation(0.0, (), (), robot.home, speed))
    tip, moved = (kinematics.forward(robot.home + dt * speed)[0] for dt in (0.0, 1e-6))
    assert values.shape == (PROPRIO_SIZE,) and values.dtype == np.float32
    np.testing.assert_allclose(values[:3], tip, atol=1e-6)
    np.testing.assert_allclose(values[3:], (moved - tip) / 1e-6, atol=1e-4)


def test_non_finite_is_refused() -> None:
    robot = load_robot("panda")
    seen = Observation(0.0, (), (), robot.home, np.full(robot.size, np.nan))
    with pytest.raises(ValueError, match="not finite"):
        proprio(Kinematics(robot), seen)
