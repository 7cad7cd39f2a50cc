"""Pictures that are old, frozen, missing or malformed, while the arm moves."""

from __future__ import annotations

import pytest
from rig import mostly_slow

from fmac_ros.control import gate as gates
from fmac_ros.ros import fault_kinds as kinds
from fmac_ros.ros.names import camera_image

UNUSABLE = {
    "missing": lambda: kinds.lost,
    "wrong_encoding": lambda: kinds.Changed(encoding="bayer_rggb8"),
    "wrong_size": lambda: kinds.small,
    "cut_short": lambda: kinds.cut_short,
}


def _spoil(rig, make):
    for camera in ("front", "side"):
        rig.desk.relay.spoil(camera_image(camera), make())


@pytest.mark.parametrize("fault", mostly_slow(UNUSABLE, "wrong_size"))
def test_unusable_pictures_hold_the_arm(moving, since, fault):
    seen = since()
    moving.desk.relay.spoil(camera_image("side"), UNUSABLE[fault]())
    seen.held(gates.SILENCE, within=2.0)
    seen.rests(within=2.0)
    moving.desk.relay.heal()
    assert moving.moves(), "it goes on by itself"


def test_old_pictures_hold_the_arm(moving, since):
    seen = since()
    _spoil(moving, lambda: kinds.Late(0.5))
    seen.held(gates.STALE_OBSERVATION, within=2.0)
    seen.rests(within=2.0)
    moving.desk.relay.heal()
    assert moving.moves()


def test_a_frozen_camera_holds_the_arm(moving, since):
    seen = since()
    _spoil(moving, kinds.Frozen)
    seen.held(gates.SILENCE, within=4.0)
    seen.rests(within=4.0)
    moving.desk.relay.heal()
    assert moving.moves()
