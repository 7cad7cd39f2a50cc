"""Steps by a joystick: through the gate, inside the workspace, at rest when nothing follows."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.control import gate as gates
from fmac_ros.control.controller import ArmController
from fmac_ros.control.interlock import Interlock
from fmac_ros.control.jog import STEP, Jog
from fmac_ros.robots import load_robot
from fmac_ros.types import Observation

PANDA = load_robot("panda")
TICK = 0.1  # [s]


class Arm:
    """Follows its commands exactly."""

    def __init__(self, q=PANDA.home, space="joint_delta"):
        self.interlock = Interlock()
        self.controller = ArmController(PANDA, space, interlock=self.interlock)
        self.jog = Jog(self.controller)
        self.q, self.v, self.now, self.command = np.array(q), np.zeros(7), 5.0, None

    def tick(self, *stick):
        """One period with the stick there; the command."""
        seen = Observation(self.now, (), (), self.q, self.v)
        command = self.jog.step(seen, np.array(stick), self.now)
        self.command = command or self.command
        self.now += TICK
        if self.command is not None:
            state = self.command.trajectory.at(TICK)
            self.q, self.v = state.q, state.v
        return command

    @property
    def tip(self):
        return self.controller.kinematics.forward(self.q)[0]


@pytest.mark.parametrize("stick", [(1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_the_tip_goes_where_the_stick_points_and_the_tool_stays_upright(stick):
    arm = Arm()
    before, rotation = arm.controller.kinematics.forward(arm.q)
    for _ in range(8):
        assert not arm.tick(*stick).held
    moved = arm.tip - before
    assert 3 * STEP < moved @ np.array(stick) <= 8 * STEP + 1e-3
    assert np.abs(moved - (moved @ np.array(stick)) * np.array(stick)).max() < 2e-3
    np.testing.assert_allclose(arm.controller.kinematics.forward(arm.q)[1], rotation, atol=0.01)
    assert (
        arm.command.trajectory.times[-1] < 0.5 and not arm.command.trajectory.velocities[-1].any()
    )


def test_the_workspace_ends_it_and_the_way_back_is_open():
    arm = Arm()
    commands = [arm.tick(0, 1, 0) for _ in range(60)]
    reasons = {command.reason for command in commands if command is not None and command.held}
    assert reasons == {gates.BROKEN_LIMIT}
    assert arm.tip[1] < PANDA.workspace_upper[1] + 0.011
    edge = arm.tip[1]
    for _ in range(12):
        arm.tick(0, -1, 0)
    assert arm.tip[1] < edge - 0.03


def test_disarmed_nothing_moves_and_nan_is_held():
    arm = Arm()
    arm.interlock.disarm()
    assert arm.tick(1, 0, 0).reason == gates.DISARMED
    arm.interlock.arm()
    assert arm.tick(np.nan, 0, 0).reason == gates.NO_TRAJECTORY
    np.testing.assert_allclose(arm.q, PANDA.home, atol=1e-6)


def test_an_arm_that_moves_is_waited_for():
    arm = Arm()
    arm.v = np.full(7, 0.3)
    assert arm.tick(1, 0, 0) is None
