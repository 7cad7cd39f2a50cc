"""``fmac tasks`` lists what can be asked, and draws it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fmac_ros.cli import main
from fmac_ros.metaworld.tasks import SENTENCES
from fmac_ros.tasks import TASKS


def test_every_task_is_listed_with_its_sentences(capsys):
    assert main.main(["tasks"]) == 0
    printed = capsys.readouterr().out
    for task in TASKS.values():
        assert task.name in printed
        for template in task.templates:
            assert template.replace("{}", "COLOUR") in printed


def test_an_unknown_task_is_refused(capsys):
    assert main.main(["tasks", "--tasks", "juggle"]) == 1
    assert "push" in capsys.readouterr().err


def test_the_sheet_has_a_cell_for_each_task_and_arm(tmp_path):
    path = tmp_path / "sheet.png"
    command = ["tasks", "--tasks", "push,pick_place", "--robots", "ur5e", "--picture", str(path)]
    assert main.main(command) == 0
    sheet = np.asarray(Image.open(path).convert("RGB"))
    title, gap = 16, 6
    assert sheet.shape == (2 * (3 * 128 + title + gap), 256 + gap, 3)
    first = sheet[title : title + 128, :128]
    seen = sheet[title + 128 : title + 256, :128]  # each pixel of the priors' picture is four
    np.testing.assert_array_equal(seen[::2, ::2], seen[1::2, 1::2])
    assert np.abs(first.astype(int) - seen).mean() < 10, "the same scene in both"


def test_tasks_of_metaworld_are_listed_with_their_sentences(capsys):
    assert main.main(["tasks", "--world", "metaworld"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [line for name, told in SENTENCES.items() for line in (name, *told)]


def test_a_sheet_of_metaworld_shows_start_and_end(tmp_path):
    pytest.importorskip("metaworld", reason="Meta-World is not installed (docs/metaworld.md)")
    path = tmp_path / "sheet.png"
    command = ["tasks", "--world", "metaworld", "--tasks", "drawer-close", "--picture", str(path)]
    assert main.main(command) == 0
    sheet = np.asarray(Image.open(path).convert("RGB")).astype(int)
    title, gap, side = 16, 6, 128
    assert sheet.shape == (title + side + gap, 2 * (4 * side + gap), 3)
    start, end = (sheet[title : title + side, n * side : (n + 1) * side] for n in (0, 2))
    assert np.abs(start - end).mean() > 2, "the drawer was closed in between"
    assert (sheet[:, 4 * side + gap :] == 255).all(), "no second task"


@pytest.mark.parametrize(
    "words",
    [
        ["--tasks"],
        ["--robots"],
        ["--world", "metaworld", "--tasks"],
        ["--world", "metaworld", "--robots"],
    ],
)
def test_options_name_what_is_valid(words, capsys):
    assert main.main(["tasks", *words, "none"]) == 1
    assert "valid:" in capsys.readouterr().err
