"""Every reason to hold, brought about by a bad input that the controller really gets."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fmac_ros.control import gate as gates
from fmac_ros.control.controller import ArmController
from fmac_ros.control.interlock import Interlock
from fmac_ros.paths import package_dir
from fmac_ros.robots import load_robot
from fmac_ros.types import Observation

PANDA = load_robot("panda")
NAN = float("nan")


def _seen(q, stamp=0.0, v=None, fingers=0.01):
    return Observation(
        stamp, (), (), q, np.zeros_like(q) if v is None else v, np.full(2, fingers), np.zeros(2)
    )


def _once(action=(0.0, 0.0, 0.0), now=0.0, q=None, stamp=0.0, fingers=0.01, **controller):
    """The first command after a reset at home."""
    robot = controller.pop("robot", PANDA)
    arm = ArmController(robot, **controller)
    arm.reset(_seen(robot.home))
    seen = _seen(robot.home if q is None else q, stamp, fingers=fingers)
    return arm.command(seen, np.array(action), now)


def _until_held(robot, space, actions):
    """The first hold of an arm that follows what it is sent."""
    arm = ArmController(robot, space)
    q, v = np.array(robot.home), np.zeros(robot.size)
    arm.reset(_seen(q))
    for step, action in enumerate(actions):
        command = arm.command(_seen(q, step * 0.1, v), action, step * 0.1)
        if command.held:
            return command
        state = command.trajectory.at(0.1)
        q, v = state.q, state.v
    raise AssertionError("nothing was held")


def _switched(meddle):
    interlock = Interlock()
    meddle(interlock)
    return _once(interlock=interlock)


def _silent():
    arm = ArmController(PANDA)
    arm.reset(_seen(PANDA.home))
    arm.command(_seen(PANDA.home), np.array([1.0, 0, 0]), 0.0)
    return arm.halt(0.1, gates.SILENCE)


def _beyond_reach():
    wide = dataclasses.replace(PANDA, workspace_upper=np.full(3, 2.0))
    return _until_held(wide, "ee_delta", [np.array([1.0, 0, 0])] * 40)


def _box_out_of_reach():
    high = np.array([0.3, -0.2, 3.0])
    away = dataclasses.replace(PANDA, workspace_lower=high, workspace_upper=high + 0.4)
    return _once(np.full(7, 0.1), robot=away, action_space="joint_delta")


def _unplannable():
    tiny = np.full(7, 1e-13)  # which would take weeks
    frozen = dataclasses.replace(PANDA, acceleration=tiny, jerk=tiny)
    return _once(np.full(7, 1.0), robot=frozen, action_space="joint_delta")


def _jerked_about():
    rng = np.random.default_rng(3)
    return _until_held(PANDA, "ee_delta", rng.choice([-1.0, 1.0], (400, 3)))


def _leaned_down():
    lean = np.array([0.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0])
    low = dataclasses.replace(PANDA, workspace_lower=np.array([0.0, -1.0, -0.5]))
    return _until_held(low, "joint_delta", [lean] * 40)


def _standing_still():
    arm = ArmController(PANDA, follow_timeout=1.0)
    arm.reset(_seen(PANDA.home))
    for step in range(20):
        action = np.array([1.0, 0.0, 0.0])
        command = arm.command(_seen(PANDA.home, step * 0.1), action, step * 0.1)
        if command.held:
            return command
    raise AssertionError("nothing was held")


CAUSES = {
    gates.BAD_ACTION: lambda: _once((NAN, 0.0, 0.0)),
    gates.BAD_OBSERVATION: lambda: _once(q=PANDA.home[:3]),
    gates.NO_FINGERS: lambda: _once(np.zeros(4), fingers=NAN, action_space="ee_delta_gripper"),
    gates.STALE_OBSERVATION: lambda: _once(now=1.0),
    gates.CLOCK_MISMATCH: lambda: _once(now=1.0, stamp=2.0),
    gates.START_JUMP: lambda: _once(q=PANDA.home + 0.5),
    gates.UNREACHABLE: _beyond_reach,
    gates.OUTSIDE_WORKSPACE: _box_out_of_reach,
    gates.NO_TRAJECTORY: _unplannable,
    gates.BROKEN_LIMIT: _jerked_about,
    gates.COLLISION: _leaned_down,
    gates.EMERGENCY_STOP: lambda: _switched(lambda lock: lock.emergency_stop(True)),
    gates.NOT_READY: lambda: _switched(lambda lock: lock.robot_ready(False)),
    gates.DISARMED: lambda: _switched(Interlock.disarm),
    gates.PAUSED: lambda: _switched(lambda lock: lock.scale(0.0)),
    gates.SILENCE: _silent,
    gates.FOREIGN: lambda: _switched(lambda lock: setattr(lock, "obstacle", gates.FOREIGN)),
    gates.NOT_FOLLOWED: _standing_still,
}


def test_every_reason_has_a_cause():
    assert set(CAUSES) == set(gates.REASONS)


@pytest.mark.parametrize("reason", gates.REASONS)
def test_the_docs_say_what_an_operator_does(reason):
    table = (package_dir().parent / "docs/safety.md").read_text()
    assert f"\n| `{reason}` | " in table


@pytest.mark.parametrize("reason", gates.REASONS)
def test_a_bad_input_holds_the_arm_for_its_reason(reason):
    command = CAUSES[reason]()
    assert command.held and command.reason == reason
    assert not command.trajectory.velocities[-1].any()
    assert np.all(np.isfinite(command.trajectory.positions))
