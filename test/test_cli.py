"""The fmac command, as far as it goes without starting a graph."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fmac_ros.cli import main, result
from fmac_ros.report.history import History
from fmac_ros.run_dir import RunDir, default_name, fresh, latest
from fmac_ros.settings import SETTINGS, load_defaults
from fmac_ros.start import evaluation_settings, open_run, train_settings, trainer_settings


def subparsers() -> dict[str, argparse.ArgumentParser]:
    actions = main.make_parser()._actions
    (found,) = (a for a in actions if isinstance(a, argparse._SubParsersAction))
    return dict(found.choices)


@pytest.mark.parametrize("command", main.COMMANDS)
def test_every_option_has_help(command: str) -> None:
    actions = subparsers()[command]._actions
    assert all(action.help for action in actions), [a.dest for a in actions if not a.help]


def test_every_setting_has_a_default_and_the_other_way_round() -> None:
    assert set(load_defaults().shared) == set(SETTINGS)


def test_help_needs_neither_ros_nor_torch() -> None:
    code = (
        "import sys; from fmac_ros.cli import main; main.make_parser();"
        "print(*{m.split('.')[0] for m in sys.modules} & {'rclpy', 'torch', 'matplotlib'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_options_of_a_training_run() -> None:
    args = main.make_parser().parse_args(
        ["train", "--robot", "ur5e", "--no-video", "--real-time", "--eval-episodes", "7"]
    )
    assert (args.robot, args.use_video, args.lockstep, args.episodes) == ("ur5e", False, False, 7)
    assert not hasattr(args, "seed")
    assert args.resume is None


def test_options_of_what_is_added() -> None:
    words = ["train", "--imagine", "nearest", "--kl-weight", "certain"]
    args = main.make_parser().parse_args(words)
    assert (args.imagine, args.kl_weight) == ("nearest", "certain")


def test_options_of_the_second_algorithm() -> None:
    words = ["train", "--algorithm", "fac", "--warm-start", "3", "--choose-by-q"]
    args = main.make_parser().parse_args(words)
    assert (args.algorithm, args.warm_start, args.choose_by_q) == ("fac", 3, True)
    with pytest.raises(SystemExit):
        main.make_parser().parse_args(["train", "--algorithm", "sac"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "--robot", "r2d2"], "invalid choice: 'r2d2'"),
        (["train", "--env-steps", "many"], "env_steps is 'many', valid: a int"),
        (["eval"], "RUN"),
        ([], "COMMAND"),
    ],
)
def test_wrong_options_are_explained(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main.main(words)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["eval", "nowhere"], "nowhere is not a run"),
        (["train", "--env-steps", "0"], "env_steps is 0, valid: 1 or more"),
        (["train", "--task", "open the sky"], "no simulated scene for the sentence 'open the sky'"),
        (["train", "--resume", "nowhere"], "nowhere is not a run"),
    ],
)
def test_errors_are_one_line(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main.main(words) == main.EXIT_FAILED
    error = capsys.readouterr().err.strip()
    assert error.startswith("fmac: error:")
    assert message in error
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_run_names() -> None:
    assert default_name("Press the red button!", "panda", 3) == "press-the-red-button-panda-seed3"
    assert default_name("…", "panda", 0) == "task-panda-seed0"


def test_new_runs_never_share_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, _ = open_run({"seed": 4}, None, resume=False)
    second, _ = open_run({"seed": 4}, None, resume=False)
    assert first.path == Path("runs/press-the-red-button-panda-seed4")
    assert second.path == Path("runs/press-the-red-button-panda-seed4-2")
    assert fresh(first.path).path.name.endswith("-3")
    with pytest.raises(ValueError, match="is not empty"):
        open_run({}, first.path, resume=False)


def test_resuming_keeps_the_settings_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, _ = open_run({"objective": "stabilised", "env_steps": 100}, None, resume=False)
    again, settings = open_run({"env_steps": 200}, None, resume=True)
    assert again == first
    assert settings["objective"] == "stabilised"
    assert first.load_settings()["env_steps"] == 200
    with pytest.raises(ValueError, match="has objective 'stabilised', not 'literal'"):
        open_run({"objective": "literal"}, first.path, resume=True)


def test_latest_run_is_the_one_resumed(tmp_path: Path) -> None:
    base = tmp_path / "a"
    with pytest.raises(FileNotFoundError, match="no run to resume"):
        latest(base)
    for name in ("a", "a-2", "ab"):
        RunDir(tmp_path / name).save_settings({})
    RunDir(base).save_settings({})
    assert latest(base).path == base


def test_a_trainer_always_continues_and_an_evaluation_reads_the_run(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    settings = {**train_settings(), "robot": "ur5e"}
    wanted = trainer_settings("train_sim", settings, run_dir)
    assert wanted["resume"] is True
    assert "episodes" not in wanted
    evaluation = evaluation_settings(settings, run_dir)
    assert evaluation["robot"] == "ur5e"
    assert evaluation["checkpoint"] == str(tmp_path)


def test_result_for_scripts(tmp_path: Path) -> None:
    settings = train_settings()
    history = History(3000, 201.26, (), (), None)
    outcome = result.payload(settings, {"successes": 47, "episodes": 50}, history)
    path = tmp_path / "new" / "out.json"
    result.write_json(path, outcome)
    read = json.loads(path.read_text())
    assert read["task"] == "press the red button"
    assert read["robot"] == "panda"
    assert read["algorithm"] == "fmac"
    assert read["seed"] == 0
    assert (read["env_steps"], read["train_seconds"]) == (3000, 201.3)
    assert (read["eval_successes"], read["eval_episodes"]) == (47, 50)
    assert read["settings"] == settings
    assert read["versions"]["python"]
    assert read["commit"]
    assert [p.name for p in path.parent.iterdir()] == ["out.json"]
    line = "success on 50 held-out layouts: 47 of 50 (94%, 95 % interval 84% to 98%)"
    assert result.success_line(read) == line
