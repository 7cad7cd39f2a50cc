"""Gazebo's files, checked against their formats, the graph and the arms; Gazebo is not run."""

from __future__ import annotations

import runpy
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import launch_recorder as recorder
import numpy as np
import pytest
import yaml

from fmac_ros.graph import describe
from fmac_ros.paths import package_dir
from fmac_ros.robots import load_robot
from fmac_ros.ros import gazebo, names
from fmac_ros.ros.gazebo import controllers_of, write_files
from fmac_ros.sim.cameras import CAMERAS
from fmac_ros.sim.gazebo_scene import WORLD
from fmac_ros.tasks import sentences

ARMS = ("panda", "ur5e")
TASKS = {goal.task: sentence for sentence, goal in sentences().items()}
GEOMETRY = {"box": {"size"}, "sphere": {"radius"}, "cylinder": {"length", "radius"}}


def floats(element: ET.Element | None) -> list[float]:
    assert element is not None and element.text is not None
    return [float(part) for part in element.text.split()]


@pytest.fixture(params=TASKS.values(), ids=TASKS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> ET.Element:
    files = write_files(load_robot("ur5e"), request.param, 0, tmp_path)
    sdf = ET.parse(files.world).getroot()
    assert (sdf.tag, sdf.get("version")) == ("sdf", "1.9")
    (found,) = sdf.findall("world")
    return found


def test_a_world_can_be_simulated_and_seen(world: ET.Element) -> None:
    assert world.get("name") == WORLD
    plugins = {plugin.get("name") for plugin in world.findall("plugin")}
    needed = ("Physics", "UserCommands", "SceneBroadcaster", "Sensors")
    assert plugins == {f"gz::sim::systems::{name}" for name in needed}
    assert len(world.findall("light")) == 1
    models = [model.get("name") for model in world.findall("model")]
    assert len(models) == len(set(models)) and "table" in models


def test_cameras_stand_and_look_as_in_the_simulator(world: ET.Element) -> None:
    for camera in CAMERAS:
        model = world.find(f"model[@name='{camera.name}_camera']")
        assert model is not None
        *eye, roll, pitch, yaw = floats(model.find("pose"))
        np.testing.assert_allclose(eye, camera.eye, atol=1e-6)
        way = np.subtract(camera.target, camera.eye)
        looks = [np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), -np.sin(pitch)]
        np.testing.assert_allclose(looks, way / np.linalg.norm(way), atol=1e-5)
        assert roll == 0.0
        assert model.findtext("link/sensor/topic") == names.camera_image(camera.name)


def test_every_object_has_shapes_masses_and_joints_that_fit(world: ET.Element) -> None:
    for model in world.findall("model"):
        links = {link.get("name") for link in model.findall("link")}
        for link in model.findall("link"):
            for shape in (*link.findall("visual"), *link.findall("collision")):
                (geometry,) = shape.find("geometry") or ()
                assert {child.tag for child in geometry} == GEOMETRY[geometry.tag]
                assert all(value > 0 for child in geometry for value in floats(child))
                assert np.isfinite(floats(shape.find("pose"))).all()
        for joint in model.findall("joint"):
            assert joint.findtext("parent") in links | {"world"}
            assert joint.findtext("child") in links
            if joint.get("type") == "prismatic":
                (lower,), (upper,) = (
                    floats(joint.find(f"axis/limit/{k}")) for k in ("lower", "upper")
                )
                assert lower < upper


def test_what_moves_in_the_simulator_moves_in_gazebo(tmp_path: Path) -> None:
    def joints(task: str) -> list[tuple[float, float]]:
        files = write_files(load_robot("ur5e"), task, 0, tmp_path)
        moving = ET.parse(files.world).iter("joint")
        axes = [j.find("axis/limit") for j in moving if j.get("type") == "prismatic"]
        return [
            (floats(a.find("lower"))[0], floats(a.find("upper"))[0]) for a in axes if a is not None
        ]

    assert joints("press the red button") == [(-0.025, 0.0)] * 2
    assert joints("open the drawer") == [(0.0, 0.12)]
    assert joints("reach the red ball") == []


def test_layouts_differ_by_seed(tmp_path: Path) -> None:
    def text(seed: int) -> str:
        return write_files(
            load_robot("ur5e"), "reach the red ball", seed, tmp_path
        ).world.read_text()

    assert text(0) == text(0) != text(1)


@pytest.fixture(params=ARMS)
def arm(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, gazebo.GazeboFiles]:
    return request.param, write_files(load_robot(request.param), "open the drawer", 0, tmp_path)


def test_the_arm_has_what_gz_ros2_control_reads(arm: tuple[str, gazebo.GazeboFiles]) -> None:
    name, files = arm
    robot, urdf = load_robot(name), ET.parse(files.arm).getroot()
    control = urdf.find("ros2_control")
    assert control is not None and control.get("type") == "system"
    assert control.findtext("hardware/plugin") == "gz_ros2_control/GazeboSimSystem"
    joints = {joint.get("name"): joint for joint in control.findall("joint")}
    assert set(joints) == {*robot.joint_names, *robot.gripper_joint_names}
    in_urdf = {joint.get("name") for joint in urdf.findall("joint")}
    assert set(joints) <= in_urdf
    for joint, home in zip(robot.joint_names, robot.home, strict=True):
        start = joints[joint].find("state_interface[@name='position']/param[@name='initial_value']")
        assert floats(start)[0] == pytest.approx(home, abs=1e-4)
    plugin = urdf.find("gazebo/plugin")
    assert plugin is not None and plugin.get("filename") == "gz_ros2_control-system"
    assert Path(plugin.findtext("parameters", "")) == files.controllers.resolve()


def test_the_arm_stands_on_the_world_and_weighs_something(
    arm: tuple[str, gazebo.GazeboFiles],
) -> None:
    urdf = ET.parse(arm[1].arm).getroot()
    children = {j.find("child").get("link") for j in urdf.findall("joint")}  # type: ignore[union-attr]
    roots = [link.get("name") for link in urdf.findall("link") if link.get("name") not in children]
    assert roots == ["world"]
    masses = [float(mass.get("value", "0")) for mass in urdf.iter("mass")]
    assert masses and min(masses) > 0
    for mesh in urdf.iter("mesh"):
        assert Path(str(mesh.get("filename")).removeprefix("file://")).is_file()


def test_controllers_take_the_joints_that_the_graph_commands(
    arm: tuple[str, gazebo.GazeboFiles],
) -> None:
    name, files = arm
    robot, told = load_robot(name), yaml.safe_load(files.controllers.read_text())
    manager = told["controller_manager"]["ros__parameters"]
    assert set(told) - {"controller_manager"} == set(controllers_of(robot))
    for controller, joints in controllers_of(robot).items():
        kind = "joint_trajectory_controller/JointTrajectoryController"
        assert manager[controller] == {"type": kind}
        parameters = told[controller]["ros__parameters"]
        assert parameters["joints"] == list(joints)
        assert parameters["command_interfaces"] == ["position"]
        assert parameters["state_interfaces"] == ["position", "velocity"]
    policy = {s.name: s for s in describe("train_gazebo", {"robot": name})}["policy_node"]
    assert (policy.parameters["controller"] or robot.controller) in told


def test_the_bridge_brings_what_the_graph_reads(arm: tuple[str, gazebo.GazeboFiles]) -> None:
    entries = yaml.safe_load(arm[1].bridge.read_text())
    keys = {"ros_topic_name", "gz_topic_name", "ros_type_name", "gz_type_name", "direction"}
    assert all(set(entry) == keys and entry["direction"] == "GZ_TO_ROS" for entry in entries)
    topics = {entry["ros_topic_name"]: entry for entry in entries}
    state = {s.name: s for s in describe("train_gazebo", {})}["state_node"].parameters
    wanted = {names.camera_image(camera) for camera in state["cameras"]} | {names.CLOCK}
    assert wanted <= set(topics)
    for camera in state["cameras"]:
        image = topics[names.camera_image(camera)]
        assert image["gz_topic_name"] == f"/{names.camera_image(camera)}"
        assert (image["ros_type_name"], image["gz_type_name"]) == (
            "sensor_msgs/msg/Image",
            "gz.msgs.Image",
        )


@pytest.fixture
def launch_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    recorder.install(monkeypatch)
    monkeypatch.chdir(tmp_path)
    yield
    for module in recorder.SAW_THEM:
        sys.modules.pop(module, None)


def test_the_launch_file_starts_gazebo_with_these_files(launch_tools: None) -> None:
    file = package_dir().parent / "launch/train_gazebo.launch.py"
    found = list(runpy.run_path(str(file))["generate_launch_description"]().args[0])
    texts = {
        e.args[0]: getattr(e, "default_value", "")
        for e in found
        if isinstance(e, recorder.Argument)
    }
    (opaque,) = (e for e in found if isinstance(e, recorder.Opaque))
    given = {"robot": "ur5e", "task": "open the drawer", "run_dir": "runs/g", "headless": "true"}
    started = opaque.function(recorder.Context({**texts, **given}))
    (world,) = (e for e in started if isinstance(e, recorder.Include))
    arguments = dict(world.launch_arguments)["gz_args"].split()
    assert arguments[:2] == ["-r", "-s"] and Path(arguments[2]).is_file()
    others = [e for e in started if isinstance(e, recorder.Node) and e.package != "fmac_ros"]
    assert {(node.package, node.executable) for node in others} == {
        ("robot_state_publisher", "robot_state_publisher"),
        ("ros_gz_sim", "create"),
        ("ros_gz_bridge", "parameter_bridge"),
        ("controller_manager", "spawner"),
    }
    (spawner,) = (node for node in others if node.executable == "spawner")
    assert spawner.arguments[:3] == [
        *("joint_state_broadcaster", "scaled_joint_trajectory_controller", "gripper_controller")
    ]
    graph = {e.name: e for e in started if isinstance(e, recorder.Node) and e.package == "fmac_ros"}
    assert all(node.parameters[0]["use_sim_time"] for node in graph.values())
    assert graph["policy_node"].parameters[0]["lockstep"] is False
