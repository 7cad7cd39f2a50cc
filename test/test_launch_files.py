"""The launch files start what the graph describes."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import launch_recorder as recorder
import pytest

from fmac_ros.graph import RESPAWN_LIMIT, describe, settings_of
from fmac_ros.paths import package_dir
from fmac_ros.run_dir import RunDir
from fmac_ros.start import evaluation_settings, train_settings, trainer_settings

LAUNCH = package_dir().parent / "launch"


@pytest.fixture(autouse=True)
def launch_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorder in place of ROS's launch, and an empty working directory."""
    recorder.install(monkeypatch)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def forget_recorded() -> Iterator[None]:
    """The modules that saw the recorder must not outlive it."""
    yield
    for module in recorder.SAW_THEM:
        sys.modules.pop(module, None)


def entities(file: str) -> list[recorder.Recorded]:
    description = runpy.run_path(str(LAUNCH / file))["generate_launch_description"]()
    return list(description.args[0])


def arguments(file: str) -> dict[str, recorder.Argument]:
    return {e.args[0]: e for e in entities(file) if isinstance(e, recorder.Argument)}


def started(file: str, **given: str) -> list[recorder.Recorded]:
    """What the file starts when launched with the arguments ``given``."""
    declared = arguments(file)
    assert set(given) <= set(declared)
    texts = {name: getattr(argument, "default_value", "") for name, argument in declared.items()}
    (opaque,) = (e for e in entities(file) if isinstance(e, recorder.Opaque))
    return opaque.function(recorder.Context({**texts, **given}))


def nodes(found: list[recorder.Recorded]) -> dict[str, recorder.Node]:
    """The graph's own nodes by name; those of other packages have none."""
    named = [e for e in found if isinstance(e, recorder.Node) and e.package == "fmac_ros"]
    return {entity.name: entity for entity in named}


@pytest.mark.parametrize("graph", ["train_sim", "train_real", "train_gazebo"])
def test_training_starts_the_described_nodes(graph: str) -> None:
    run_dir = RunDir(Path("runs/press-the-red-button-ur5e-seed3"))
    found = nodes(started(f"{graph}.launch.py", robot="ur5e", seed="3", use_video="false"))
    settings = {**train_settings(graph), "robot": "ur5e", "seed": 3, "use_video": False}
    specs = describe(graph, trainer_settings(graph, settings, run_dir))
    assert {name: node.parameters for name, node in found.items()} == {
        spec.name: [spec.parameters] for spec in specs
    }
    assert all(node.executable == name for name, node in found.items())
    assert run_dir.exists()


@pytest.mark.parametrize("graph", ["train_sim", "train_real", "train_gazebo"])
def test_every_setting_is_an_argument_with_its_default(graph: str) -> None:
    declared = arguments(f"{graph}.launch.py")
    for name, default in settings_of(graph).items():
        text = str(default).lower() if isinstance(default, bool) else str(default)
        assert declared[name].default_value == text
        assert declared[name].description


def test_arguments_tell_their_choices_and_ranges() -> None:
    real, sim = arguments("train_real.launch.py"), arguments("train_sim.launch.py")
    assert "fr3" in real["robot"].choices and "fr3" not in sim["robot"].choices
    assert "panda" in sim["robot"].choices
    assert real["bringup"].choices == ["true", "false"]
    assert real["env_steps"].description.endswith("; 1 or more")
    assert real["success_fpr"].description.endswith("; 0 to 0.2")


def test_evaluation_reads_the_run() -> None:
    run_dir = RunDir(Path("runs/x"))
    run_dir.save_settings({**train_settings(), "robot": "ur5e"})
    found = nodes(started("eval_sim.launch.py", run_dir="runs/x", episodes="7", lockstep="false"))
    settings = {**train_settings(), "robot": "ur5e", "episodes": 7, "lockstep": False}
    specs = describe("eval_sim", evaluation_settings(settings, run_dir))
    assert {name: node.parameters for name, node in found.items()} == {
        spec.name: [spec.parameters] for spec in specs
    }


def test_resuming_keeps_what_the_run_was_started_with() -> None:
    RunDir(Path("runs/x")).save_settings({**train_settings(), "robot": "ur5e"})
    found = nodes(started("train_sim.launch.py", run_dir="runs/x", resume="true"))
    assert found["trainer_node"].parameters[0]["robot"] == "ur5e"


def test_topics_of_a_real_robot_can_be_renamed() -> None:
    found = nodes(started("train_real.launch.py", front_image="/camera/color/image_raw"))
    assert ("front/image_raw", "/camera/color/image_raw") in found["state_node"].remappings


def test_a_real_arm_learns_any_sentence_and_a_simulated_one_needs_a_scene() -> None:
    found = nodes(started("train_real.launch.py", task="fold the towel"))
    assert found["trainer_node"].parameters[0]["task"] == "fold the towel"
    assert RunDir(Path("runs/fold-the-towel-panda-seed0")).exists()
    with pytest.raises(ValueError, match="fold the towel"):
        started("train_sim.launch.py", task="fold the towel")


@pytest.mark.parametrize("graph", ["train_sim", "train_real"])
def test_what_a_task_needs_is_not_undone_by_a_default(graph: str) -> None:
    found = nodes(started(f"{graph}.launch.py", task="put the red block into the bowl"))
    assert found["policy_node"].parameters[0]["action_space"] == "ee_delta_gripper"
    assert found["trainer_node"].parameters[0]["horizon"] == 60


def test_a_resumed_run_keeps_its_cameras_and_may_change_its_controller() -> None:
    nodes(started("train_real.launch.py", run_dir="runs/x", cameras="two_usb.yaml", robot="ur5e"))
    again = {"run_dir": "runs/x", "resume": "true", "controller": "mine"}
    found = nodes(started("train_real.launch.py", **again))
    assert "camera_front" in found
    assert found["policy_node"].parameters[0]["controller"] == "mine"


def test_evaluation_on_hardware_reads_the_run_and_asks_a_person() -> None:
    nodes(started("train_real.launch.py", run_dir="runs/x", cameras="two_usb.yaml", robot="ur5e"))
    found = nodes(started("eval_real.launch.py", run_dir="runs/x", episodes="7"))
    told = found["evaluator_node"].parameters[0]
    assert (told["judge"], told["episodes"], told["checkpoint"]) == ("person", 7, "runs/x")
    assert found["policy_node"].parameters[0]["start_armed"] is False
    assert "camera_side" in found and "trainer_node" not in found


def test_a_policy_trained_in_simulation_is_evaluated_on_hardware() -> None:
    nodes(started("train_sim.launch.py", run_dir="runs/x", robot="ur5e"))
    wanted = {"run_dir": "runs/x", "bringup": "true", "robot_ip": "10.0.0.2"}
    found = started("eval_real.launch.py", **wanted)
    assert nodes(found)["policy_node"].parameters[0]["lockstep"] is False
    assert len(included(found)) == 1


def included(found: list[recorder.Recorded]) -> list[recorder.Include]:
    return [entity for entity in found if isinstance(entity, recorder.Include)]


def test_the_vendor_is_brought_up_where_that_is_asked_for() -> None:
    assert not included(started("train_real.launch.py", robot="ur5e", run_dir="runs/a"))
    wanted = {"robot": "ur5e", "bringup": "true", "robot_ip": "10.0.0.2", "run_dir": "runs/b"}
    (bringup,) = included(started("train_real.launch.py", **wanted))
    assert dict(bringup.launch_arguments)["robot_ip"] == "10.0.0.2"
    assert dict(bringup.launch_arguments)["ur_type"] == "ur5e"
    (source,) = bringup.args
    share, _, file = source.args[0].args[0]
    assert (share.args, file) == (("ur_robot_driver",), "ur_control.launch.py")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"robot": "ur5e"}, "bringup:=true needs the arm's address"),
        ({"robot": "panda", "robot_ip": "10.0.0.2"}, "panda.yaml names no bring-up"),
    ],
)
def test_a_bring_up_that_cannot_be_is_explained(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        started("train_real.launch.py", bringup="true", **given)
    assert not Path("runs").exists(), "no run is made for it"


def test_an_arm_of_franka_ros2_needs_its_messages() -> None:
    with pytest.raises(ValueError, match="franka_msgs of franka_ros2"):
        started("train_real.launch.py", robot="fr3")
    assert not Path("runs").exists()


def test_a_misspelt_argument_is_told() -> None:
    (opaque,) = (e for e in entities("train_real.launch.py") if isinstance(e, recorder.Opaque))
    declared = arguments("train_real.launch.py")
    texts = {name: getattr(argument, "default_value", "") for name, argument in declared.items()}
    found = opaque.function(recorder.Context(texts, argv=["taks:=fold the towel", "robot:=panda"]))
    told = [entity.msg for entity in found if isinstance(entity, recorder.Log)]
    assert "no argument 'taks'" in told[0] and "did you mean task?" in told[0]
    assert not any("'robot'" in line for line in told)


def test_nodes_join_their_security_enclaves() -> None:
    found = nodes(started("train_sim.launch.py", enclave="/fmac"))
    assert found["policy_node"].ros_arguments == ["--enclave", "/fmac/policy_node"]
    assert not nodes(started("train_sim.launch.py"))["policy_node"].ros_arguments


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match="env_steps is 'many', valid: a int"):
        started("train_sim.launch.py", env_steps="many")


def exit_of(node: recorder.Node, code: int) -> list[recorder.Recorded]:
    return node.on_exit(recorder.Recorded(returncode=code), recorder.Context())


def test_trainer_ends_the_launch_and_the_others_come_back() -> None:
    found = nodes(started("train_sim.launch.py"))
    assert isinstance(exit_of(found["trainer_node"], 0)[0], recorder.Shutdown)
    for _ in range(RESPAWN_LIMIT):
        assert isinstance(exit_of(found["policy_node"], -9)[0], recorder.Log)
    assert isinstance(exit_of(found["policy_node"], -9)[0], recorder.Shutdown)
    assert exit_of(found["state_node"], 2)[0].reason.startswith("state_node stays down")


def test_a_camera_file_starts_its_cameras() -> None:
    found = nodes(started("train_real.launch.py", cameras="two_usb.yaml"))
    assert found["camera_front"].executable == "camera_node"
    assert found["camera_side"].parameters[0]["source"] == "/dev/video2"
