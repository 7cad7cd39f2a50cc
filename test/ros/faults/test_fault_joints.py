"""Joint states that are missing, late, in another order or wrong, while the arm moves."""

from __future__ import annotations

import pytest
from rig import mostly_slow

from fmac_ros.control import gate as gates
from fmac_ros.ros import fault_kinds as kinds
from fmac_ros.ros.names import JOINT_STATES

UNUSABLE = {
    "missing": kinds.lost,
    "late": kinds.Late(0.5),
    "without_a_joint": kinds.Joints(lambda names: [n for n in names if n != "panda_joint3"]),
    "wrong_count": kinds.uncounted,
    "not_a_number": kinds.not_a_number,
}
HARMLESS = {
    "reordered": kinds.Joints(lambda names: names[::-1]),
    "extra": kinds.Joints(lambda names: names, ("second_arm_joint1", "wheel")),
}


@pytest.mark.parametrize("fault", mostly_slow(UNUSABLE, "missing", "without_a_joint"))
def test_unusable_joint_states_hold_the_arm(moving, since, fault):
    seen = since()
    moving.desk.relay.spoil(JOINT_STATES, UNUSABLE[fault])
    seen.held(gates.SILENCE, within=2.0)
    seen.rests(within=2.0)
    moving.desk.relay.heal()
    assert moving.moves(), "it goes on by itself"


@pytest.mark.parametrize("fault", HARMLESS)
def test_joints_go_by_name(moving, since, fault):
    moving.desk.relay.spoil(JOINT_STATES, HARMLESS[fault])
    commands = len(moving.desk.recorder.command_times)
    assert moving.moves()
    assert len(moving.desk.recorder.command_times) > commands
    assert moving.desk.recorder.reason == ""
