"""What is known of Meta-World where it is not installed: sentences, cells, a refusal."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fmac_ros.bench.learning.cells import Effort, plan
from fmac_ros.bench.learning.scene import settings_of
from fmac_ros.bench.learning.worlds import WORLDS
from fmac_ros.metaworld.loading import require
from fmac_ros.metaworld.tasks import SENTENCES, find_goal, sentence_of
from fmac_ros.priors.pretrain.settings import PretrainSettings


def test_sentences_lead_to_tasks() -> None:
    assert find_goal("Pull the drawer open.").task == "drawer-open"
    assert sentence_of("hammer") == sentence_of("hammer the nail into the block")
    with pytest.raises(ValueError, match="no simulated scene .* 'make coffee'; closest: .*24 sent"):
        find_goal("make coffee")
    texts = [text for wordings in SENTENCES.values() for text in wordings]
    assert len(SENTENCES) == 8 and len(set(texts)) == len(texts) == 24


def test_cells_are_of_the_worlds_that_know_the_task() -> None:
    worlds, arms = ("pybullet", "metaworld"), ("panda", "ur5e")
    found = plan(worlds, ("reach", "hammer"), arms, ("fac",), ("learned",), (0,))
    scenes = [(cell.world, cell.task, cell.arm) for cell in found]
    reach = [("pybullet", "reach", arm) for arm in arms]
    assert scenes == [*reach, ("metaworld", "hammer", "sawyer")]
    assert found[-1].sentence == "hammer the nail into the block"
    with pytest.raises(ValueError, match="no simulated scene for the sentence 'reach'"):
        plan(("metaworld",), ("reach",), arms, ("fac",), ("learned",), (0,))


def test_a_world_that_keeps_its_task_refuses_several() -> None:
    def scenes(tasks: str, *worlds: str) -> list[str]:
        found = plan(worlds, (tasks,), ("panda",), ("fmac",), ("learned",), (0,))
        return [cell.world for cell in found]

    assert scenes("press_button+reach", "pybullet", "metaworld") == ["pybullet"]
    known_to_both = "open the drawer+close the drawer"
    assert scenes(known_to_both, "pybullet") == ["pybullet"]
    refusal = (
        r"metaworld cannot change its task .* learns 'open.*\+close.*another world \(pybullet\)"
    )
    for worlds in (("metaworld",), ("pybullet", "metaworld")):
        with pytest.raises(ValueError, match=refusal):
            scenes(known_to_both, *worlds)
    with pytest.raises(ValueError, match=r"metaworld cannot .* 'press_button\+reach'"):
        scenes("press_button+reach", "metaworld")


def test_a_cell_has_the_hands_gripper_and_the_tasks_time_limit() -> None:
    (cell,) = plan(("metaworld",), ("hammer",), ("panda",), ("fmac",), ("learned",), (0,))
    settings = settings_of(cell, Effort())
    assert (settings["action_space"], settings["horizon"]) == ("ee_delta_gripper", 100)
    assert settings_of(cell, Effort(settings={"horizon": 60}))["horizon"] == 60
    with pytest.raises(ValueError, match="action_space is 'ee_delta', valid in metaworld: ee_delt"):
        WORLDS["metaworld"].open(cell.sentence, cell.arm, "ee_delta", 64, None)


def test_who_lacks_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'not installed, valid: pip install "fmac_ros.metaworld'):
        require()


def test_pretraining_knows_each_worlds_arms(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abcd"]
    assert PretrainSettings(*folders, arms=("sawyer",), world="metaworld").arms == ("sawyer",)
    with pytest.raises(ValueError, match="arms are .'panda'., valid: some of sawyer"):
        PretrainSettings(*folders, arms=("panda",), world="metaworld")
    with pytest.raises(ValueError, match="world is 'mars', valid: pybullet, metaworld"):
        PretrainSettings(*folders, world="mars")
