"""What the robots' files say of their drivers."""

from __future__ import annotations

from typing import Any

import pytest

from fmac_ros.driver_config import ROS2_CONTROL, Driver, read_drivers
from fmac_ros.robots import known_robots, load_robot

SCALED = "scaled_joint_trajectory_controller"


@pytest.mark.parametrize("name", known_robots())
def test_every_arm_can_be_driven_by_ros2_control(name: str) -> None:
    robot = load_robot(name)
    assert robot.driver(ROS2_CONTROL).controller("") == robot.controller
    with pytest.raises(ValueError, match=f"driver is 'rtde', valid for robot {name}: ros2_control"):
        robot.driver("rtde")


@pytest.mark.parametrize("name", ["ur5e", "ur10e"])
@pytest.mark.parametrize(
    ("distribution", "controller"),
    [
        *(("humble", SCALED), ("jazzy", SCALED), ("kilted", SCALED)),
        *(("lyrical", "joint_trajectory_controller"), ("rolling", "joint_trajectory_controller")),
    ],
)
def test_the_scaled_controller_is_gone_after_kilted(
    name: str, distribution: str, controller: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = load_robot(name).driver(ROS2_CONTROL)
    assert driver.controller(distribution) == controller
    monkeypatch.setenv("ROS_DISTRO", distribution)
    assert driver.controller() == controller


def test_universal_robots_tells_whether_it_may_move_and_how_fast() -> None:
    told = load_robot("ur5e").driver(ROS2_CONTROL).topics()
    assert told == {
        "robot_ready_topic": "io_and_status_controller/robot_program_running",
        "gripper_action": "",
        "speed_scaling_topic": "speed_scaling_state_broadcaster/speed_scaling",
        "full_speed_scaling": 100.0,
    }


def test_the_bring_up_is_given_address_and_controller() -> None:
    bringup = load_robot("ur10e").driver(ROS2_CONTROL).bringup
    assert bringup is not None and bringup.package == "ur_robot_driver"
    assert bringup.given("10.0.0.2", SCALED) == {
        "ur_type": "ur10e",
        "launch_rviz": "false",
        "initial_joint_controller": SCALED,
        "robot_ip": "10.0.0.2",
    }


def test_a_plain_arm_needs_no_section() -> None:
    drivers = read_drivers("mine", "my_controller", None)
    assert drivers == {
        ROS2_CONTROL: Driver(ROS2_CONTROL, {"": "my_controller", "default": "my_controller"})
    }
    assert drivers[ROS2_CONTROL].topics() == {"robot_ready_topic": "", "gripper_action": ""}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"robot_ready": "x"}, "unknown entries robot_ready"),
        ({"controller": {"humble": 3}}, "valid: names"),
        ({"full_speed_scaling": 0.0}, "full_speed_scaling is 0.0, valid: more than 0"),
        ({"full_speed_scaling": float("nan")}, "valid: more than 0"),
        ({"bringup": {"package": "p"}}, "launch_file"),
        (["controller"], "robot mine: drivers"),
    ],
)
def test_a_malformed_section_is_named(entry: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_drivers("mine", "my_controller", {"ros2_control": entry})


def test_a_distribution_without_a_controller_is_named() -> None:
    driver = Driver("d", {"humble": "a"})
    with pytest.raises(ValueError, match="no controller for ROS 'jazzy', valid: humble"):
        driver.controller("jazzy")
