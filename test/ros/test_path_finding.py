"""Who plans for move_arm, and that another planner's ways pass our own checks."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from fmac_ros.control.controller import ArmController
from fmac_ros.control.planner import NoPathError, Path
from fmac_ros.robots import load_robot
from fmac_ros.ros.path_finding import Checked, JointSpace, make_path_planner
from fmac_ros.ros.policy_config import PolicyConfig

PANDA = load_robot("panda")
ASIDE = PANDA.home + np.array([0.4, 0.2, -0.2, -0.2, 0.2, 0.2, 0.3])
LOG = logging.getLogger("test")


class Stranger:
    """A planner of somebody else, which goes by the given poses."""

    def __init__(self, *between):
        self.between, self.asked = between, 0

    def plan(self, start, goal):
        self.asked += 1
        return Path(np.array([start, *self.between, goal]), (False,) * (len(self.between) + 1))


def _checked(stranger):
    controller = ArmController(PANDA)
    return Checked(stranger, controller, JointSpace(controller))


def test_many_waypoints_of_another_planner_become_few_lines():
    between = np.linspace(ASIDE, PANDA.home, 30)[1:-1]
    path = _checked(Stranger(*between)).plan(ASIDE, PANDA.home)
    assert len(path.waypoints) == 2


def test_a_way_that_breaks_our_rules_is_refused():
    low = PANDA.home + np.array([0, 1.0, 0, 0, 0, 0, 0])
    with pytest.raises(NoPathError, match="does not pass the gate's checks"):
        _checked(Stranger(low)).plan(ASIDE, PANDA.home)


def test_out_of_a_violation_our_own_planner_leads():
    stranger = Stranger()
    outside = PANDA.home + np.array([0.7, 0, 0, 0, 0, 0, 0])
    path = _checked(stranger).plan(outside, PANDA.home)
    assert stranger.asked == 0 and path.slow[0]


def test_auto_is_ours_where_moveit_is_not_and_moveit_is_missed():
    controller = ArmController(PANDA)
    assert isinstance(make_path_planner(PolicyConfig(), controller, LOG), JointSpace)
    named = PolicyConfig(moveit_config="panda_moveit_config", moveit_group="panda_arm")
    assert isinstance(make_path_planner(named, controller, LOG), JointSpace)
    with pytest.raises(ValueError, match="MoveItPy is not installed"):
        make_path_planner(PolicyConfig(planner="moveit"), controller, LOG)
