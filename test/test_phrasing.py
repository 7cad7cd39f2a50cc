"""Several tasks in one setting: which go together, and how they are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fmac_ros import task_setting
from fmac_ros.cli.main import main
from fmac_ros.phrasing import phrasing_of, phrasings, questions, sentences_of
from fmac_ros.settings import load_defaults
from fmac_ros.start import open_run
from fmac_ros.tasks import TASKS, wordings
from fmac_ros.tasks.needs import needs_of

BOTH = "press the red button; reach the blue ball"


def test_a_setting_holds_one_sentence_or_several() -> None:
    assert task_setting.split(BOTH) == ("press the red button", "reach the blue ball")
    assert task_setting.join(task_setting.split(BOTH)) == BOTH
    assert task_setting.is_several(BOTH) and not task_setting.is_several("open the drawer;")
    assert task_setting.first(BOTH) == "press the red button"
    with pytest.raises(ValueError, match="several with ; between"):
        task_setting.split(" ; ")


@pytest.mark.parametrize("task", TASKS)
def test_the_last_wording_of_every_goal_is_held_out(task: str) -> None:
    for target in TASKS[task].targets:
        known = wordings(TASKS[task], target)
        found = phrasing_of(known[0])
        assert found.trained == known[:-1] and found.held_out == known[-1:]


def test_what_the_user_says_is_always_trained_on() -> None:
    found = phrasing_of("Hit the red button!")
    assert "hit the red button" in found.trained and not found.held_out
    assert phrasing_of("make coffee").trained == ("make coffee",)  # no scene, as on a real table


def test_one_task_is_told_nothing_and_asked_as_it_always_was() -> None:
    def never(sentence: str) -> np.ndarray:
        raise AssertionError("the text encoder is not needed")

    assert sentences_of("press the red button", never) is None
    asked = questions("Press the red button", 3)
    assert [(q.name, q.layout, q.text) for q in asked] == [
        (f"eval-000{n}", n, "Press the red button") for n in range(3)
    ]


def test_an_evaluation_asks_in_seen_wordings_and_again_in_unseen_ones() -> None:
    asked = questions(BOTH, 4)
    assert [q.layout for q in asked] == [0, 1, 2, 3] * 2
    assert [q.text for q in asked[:4]] == [
        *("press the red button", "reach the blue ball"),
        *("push the red button down", "move to the blue ball"),
    ]
    assert [q.text for q in asked[4:]] == ["hit the red button", "touch the blue ball"] * 2
    assert [q.unseen for q in asked] == [False] * 4 + [True] * 4
    assert len({q.name for q in asked}) == 8
    trained = sentences_of(BOTH, lambda sentence: np.ones(3))
    assert trained is not None and not {q.text for q in asked[4:]} & set(trained.texts)


def test_two_sentences_about_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="'press the red button' and 'hit the red button' ask for"):
        phrasings("press the red button; hit the red button")


def test_tasks_with_other_needs_do_not_go_together() -> None:
    defaults = {"action_space": "ee_delta", "horizon": 40}
    assert needs_of(BOTH, defaults) == {}
    bowl = "put the red block into the bowl"
    reason = f"cannot learn 'press the red button', .* and '{bowl}', which needs action_space ee_d"
    with pytest.raises(ValueError, match=reason):
        needs_of(f"press the red button; {bowl}", defaults)
    chosen = {"action_space": "ee_delta_gripper", "kl_weight": "informed", "horizon": 60}
    needs_of(f"press the red button; {bowl}", chosen)  # the user's choice suits both


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--task", "press the red button", "--task", "put the red block into the bowl"],
            "cannot learn 'press the red button'",
        ),
        (["--task", "press the red button; hit the red button"], "ask for the same"),
        (["--task", BOTH, "--paired", "open the drawer"], "valid: one sentence each"),
        (["--task", "open the drawer", "--paired", BOTH], "valid: one sentence each"),
        (["--task", "press the red button", "--task", "open the sky"], "'open the sky'"),
    ],
)
def test_what_one_policy_cannot_learn_is_refused_before_anything_starts(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", *words]) == 1
    assert message in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_run_keeps_all_its_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_dir, settings = open_run({"task": BOTH}, None, resume=False)
    assert run_dir.path.name == "press-the-red-button-reach-the-blue-ball-panda-seed0"
    assert run_dir.load_settings()["task"] == settings["task"] == BOTH
    with pytest.raises(ValueError, match="valid in Gazebo: one sentence"):
        open_run({"task": BOTH}, tmp_path / "gazebo", resume=False, graph="train_gazebo")


def test_one_task_is_the_default() -> None:
    assert not task_setting.is_several(load_defaults().shared["task"])


@pytest.mark.parametrize(
    ("tasks", "algorithms", "message"),
    [
        ("press_button+pick_place", "fmac", "cannot learn 'press the red button'"),
        ("press_button+hit the red button", "fmac", "ask for the same"),
        ("press_button+reach", "fmac,sac", "sac is not told sentences"),
        ("press_button+juggle", "fmac", "no simulated scene for the sentence 'juggle'"),
    ],
)
def test_the_bench_refuses_what_one_policy_cannot_learn(
    tasks: str,
    algorithms: str,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["bench", "learning", "--tasks", tasks, "--algorithms", algorithms]
    assert main([*words, "--out", str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err and not (tmp_path / "out").exists()
