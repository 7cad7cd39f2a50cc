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
    return {entity.name: entity for entity in found if isinstance(entity, recorder.Node)}


@pytest.mark.parametrize("graph", ["train_sim", "train_real"])
def test_training_starts_the_described_nodes(graph: str) -> None:
    run_dir = RunDir(Path("runs/press-the-red-button-ur5e-seed3"))
    found = nodes(started(f"{graph}.launch.py", robot="ur5e", seed="3", use_video="false"))
    settings = {**train_settings(), "robot": "ur5e", "seed": 3, "use_video": False}
    specs = describe(graph, trainer_settings(graph, settings, run_dir))
    assert {name: node.parameters for name, node in found.items()} == {
        spec.name: [spec.parameters] for spec in specs
    }
    assert all(node.executable == name for name, node in found.items())
    assert run_dir.exists()


@pytest.mark.parametrize("graph", ["train_sim", "train_real"])
def test_every_setting_is_an_argument_with_its_default(graph: str) -> None:
    declared = arguments(f"{graph}.launch.py")
    for name, default in settings_of(graph).items():
        text = str(default).lower() if isinstance(default, bool) else str(default)
        assert declared[name].default_value == text
        assert declared[name].description


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
