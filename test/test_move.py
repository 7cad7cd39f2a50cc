"""One motion as a state machine, on an arm that does what it is told, without ROS."""

from __future__ import annotations

from concurrent.futures import Future

import numpy as np
import pytest

from fmac_ros.control import gate as gates
from fmac_ros.control.controller import ArmController
from fmac_ros.control.interlock import Interlock
from fmac_ros.control.move import BY_A_PERSON, CANCELLED, SLOW, Move
from fmac_ros.control.planner import NoPathError, Planner
from fmac_ros.control.planner.space import FreeSpace
from fmac_ros.robots import load_robot
from fmac_ros.types import Observation

PANDA = load_robot("panda")
ASIDE = PANDA.home + np.array([0.5, 0.3, -0.2, -0.3, 0.2, 0.3, 0.4])
TICK = 0.1  # [s]


class Arm:
    """Follows its commands exactly; ``offset`` is what its clock is ahead of the observations."""

    def __init__(self, q=ASIDE, speed=0.5, goal=PANDA.home, **options):
        self.interlock = Interlock()
        space = options.pop("action_space", "ee_delta")
        self.controller = ArmController(PANDA, space, interlock=self.interlock)
        self.q, self.v, self.now, self.offset = np.array(q), np.zeros(7), 10.0, 0.0
        self.path, self.since, self.commands, self.fastest = None, 0.0, [], np.zeros(7)
        self.goal = goal
        self.finds = 0
        self.move = Move(self.controller, self.find, speed, **options)

    def find(self, start):
        self.finds += 1
        found = Future()
        space = FreeSpace(PANDA, self.controller.kinematics, self.controller.collisions)
        try:
            found.set_result(Planner(space).plan(start, self.goal))
        except NoPathError as error:
            found.set_exception(error)
        return found

    def tick(self):
        self.now += TICK
        if self.path is not None:
            state = self.path.at(self.now - self.since)
            self.q, self.v = state.q, state.v
        self.fastest = np.maximum(self.fastest, np.abs(self.v))
        seen = Observation(self.now - self.offset, (), (), self.q, self.v, np.full(2, 0.01))
        command = self.move.observe(seen, self.now)
        if command is not None:
            self.commands.append(command)
            self.path, self.since = command.trajectory, self.now
        return command

    def run(self, ticks=400):
        for _ in range(ticks):
            if self.move.ended:
                return self.move.error
            self.tick()
        raise AssertionError("the move does not end")


def test_it_arrives_within_its_share_of_the_limits():
    arm = Arm(speed=0.3)
    assert arm.run() == "" and arm.move.progress == 1.0
    np.testing.assert_allclose(arm.q, PANDA.home, atol=2e-3)
    assert np.all(arm.fastest <= 0.3 * PANDA.velocity * 1.01)
    assert not any(command.held for command in arm.commands)


def test_out_of_a_violation_it_creeps_and_then_goes_on():
    arm = Arm(PANDA.home + np.array([0.7, 0, 0, 0, 0, 0, 0]))
    space = FreeSpace(PANDA, arm.controller.kinematics, arm.controller.collisions)
    outside, speeds = [], []
    while not arm.move.ended:
        arm.tick()
        outside.append(space.outside(arm.q))
        speeds.append(float(np.max(np.abs(arm.v) / PANDA.velocity)))
    assert arm.move.error == "" and outside[0] > 0.03
    assert max(np.diff(outside)) < 5e-3
    assert max(s for s, far in zip(speeds, outside, strict=True) if far > 0.01) < SLOW * 1.05
    assert max(speeds) > 0.2


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [
        (Interlock.disarm, gates.DISARMED),
        (lambda lock: lock.emergency_stop(True), gates.EMERGENCY_STOP),
    ],
)
def test_what_a_person_must_undo_ends_it(meddle, reason):
    arm = Arm()
    for _ in range(6):
        arm.tick()
    meddle(arm.interlock)
    assert arm.run(3) == f"{reason}: {BY_A_PERSON}"
    assert arm.tick() is None


def test_a_pause_and_old_observations_pass():
    arm = Arm()
    for _ in range(6):
        arm.tick()
    arm.interlock.scale(0.0)
    for _ in range(20):
        arm.tick()
    assert not arm.v.any() and arm.move.waits_for == gates.PAUSED
    arm.interlock.scale(1.0)
    for _ in range(4):
        arm.tick()
    arm.offset = 0.5
    for _ in range(20):
        arm.tick()
    assert not arm.v.any() and arm.move.waits_for == gates.STALE_OBSERVATION
    arm.offset = 0.0
    assert arm.run() == "" and arm.finds == 3


def test_an_arm_that_is_held_elsewhere_ends_it():
    arm = Arm()
    for _ in range(6):
        arm.tick()
    arm.path, arm.q, arm.v = None, ASIDE + 0.4, np.zeros(7)
    assert arm.run(3).startswith(gates.START_JUMP)


def test_an_arm_that_stops_short_is_named():
    arm = Arm()
    for _ in range(400):
        if arm.move.ended:
            break
        arm.tick()
        arm.path = None if np.abs(arm.q - PANDA.home).max() < 0.1 else arm.path
        arm.v = arm.v if arm.path is not None else np.zeros(7)
    assert "but panda_joint1 is" in arm.move.error and "rad off" in arm.move.error


def test_cancelled_it_brakes_on_its_way():
    arm = Arm()
    for _ in range(6):
        arm.tick()
    arm.move.cancel()
    assert arm.run(20) == CANCELLED
    assert not arm.v.any() and 0 < arm.move.progress < 1
    along = (PANDA.home - ASIDE) / np.linalg.norm(PANDA.home - ASIDE)
    beside = arm.q - ASIDE - ((arm.q - ASIDE) @ along) * along
    assert np.abs(beside).max() < 1e-3


def test_it_waits_for_an_arm_that_still_moves():
    arm = Arm()
    arm.v = np.full(7, 0.3)
    arm.tick()
    assert arm.finds == 0 and not arm.commands
    arm.v = np.zeros(7)
    assert arm.run() == ""


def test_no_way_is_the_error():
    arm = Arm(goal=PANDA.upper + 1.0)
    assert "must not go there" in arm.run(5)
    assert not arm.commands


def test_home_opens_the_gripper_first_where_there_is_one_to_act_with():
    arm = Arm(action_space="ee_delta_gripper", readies=True)
    assert arm.run() == ""
    assert {command.opening for command in arm.commands} == {1.0}
    kept = Arm(action_space="ee_delta_gripper")
    assert kept.run() == ""
    assert {round(command.opening, 3) for command in kept.commands} == {0.25}


def test_home_closes_the_gripper_where_actions_do_not_move_it():
    arm = Arm(action_space="ee_delta", readies=True)
    assert arm.run() == ""
    assert {command.opening for command in arm.commands} == {0.0}
    left_alone = Arm(action_space="ee_delta")
    assert left_alone.run() == ""
    assert {command.opening for command in left_alone.commands} == {None}


def test_partial_speed_scaling_slows_it():
    arm = Arm(speed=0.5)
    arm.interlock.scale(0.2)
    assert arm.run(800) == ""
    assert np.all(arm.fastest <= 0.2 * 0.5 * PANDA.velocity * 1.02)
