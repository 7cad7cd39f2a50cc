"""Tells what bench/results/ holds of learning: ``python tools/tell_results.py`` after new rows.

Reads learning.json, unseen_arm.json, several_tasks.json, metaworld.json, robustness.json and
ablations.json there. Writes the tables of README.md, docs/results.md, docs/multitask.md and
docs/metaworld.md, between the comments that name them, and the pictures
docs/learning_tasks.png, docs/learning_baselines.png, docs/metaworld_learning.png and
docs/robustness_*.png.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from result_tables import (
    TASKS,
    ablation_table,
    beside,
    beside_table,
    head_table,
    long_table,
    metaworld_table,
    ours,
    robustness_table,
    several_table,
)

from fmac_ros.bench.learning.outcome import Row
from fmac_ros.bench.learning.plots import draw_overview, draw_robustness
from fmac_ros.bench.learning.table import SCENE, groups
from fmac_ros.metaworld.tasks import SENTENCES

ROOT = Path(__file__).resolve().parents[1]
LEARNING, UNSEEN, SEVERAL, METAWORLD, ROBUSTNESS, ABLATIONS = (
    ROOT / "bench" / "results" / f"{name}.json"
    for name in ["learning", "unseen_arm", "several_tasks", "metaworld", "robustness", "ablations"]
)
SIZED = ("value-noise", "false-positives")  # errors of an oracle drawn over their size


def load(path: Path = LEARNING) -> list[Row]:
    """All rows of a file, in the order of tasks, arms and seeds."""
    rows: list[Row] = json.loads(path.read_text())["rows"]
    order = {task: place for place, task in enumerate([*TASKS, *SENTENCES])}
    last = len(order)  # of several tasks
    return sorted(rows, key=lambda row: (order.get(row["task"], last), row["arm"], row["seed"]))


TABLES: dict[str, tuple[Path, Path, Callable[[Sequence[Row]], str]]] = {
    "learning, head": (LEARNING, ROOT / "README.md", head_table),
    "learning, beside": (LEARNING, ROOT / "README.md", beside_table),
    "learning, rows": (LEARNING, ROOT / "docs" / "results.md", long_table),
    "unseen arm, rows": (UNSEEN, ROOT / "docs" / "results.md", long_table),
    "several tasks, rows": (SEVERAL, ROOT / "docs" / "multitask.md", several_table),
    "metaworld, rows": (METAWORLD, ROOT / "docs" / "metaworld.md", metaworld_table),
    "ablations, rows": (ABLATIONS, ROOT / "docs" / "results.md", ablation_table),
    "robustness, rows": (ROBUSTNESS, ROOT / "docs" / "results.md", robustness_table),
}
# Curves: rows, picture, and which of the rows.
PICTURES: tuple[tuple[Path, Path, Callable[[Sequence[Row]], list[Row]]], ...] = (
    (LEARNING, ROOT / "docs" / "learning_tasks.png", ours),
    (LEARNING, ROOT / "docs" / "learning_baselines.png", beside),
    (METAWORLD, ROOT / "docs" / "metaworld_learning.png", list),
)


def told(text: str, name: str, table: str) -> str:
    """``text`` with the table between the comments of its name.

    Raises:
        ValueError: the comments are not there.
    """
    begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"no {begin.strip()} and {end.strip()}")
    return before + begin + table + end + after


def main() -> None:
    """Rewrite the tables and draw the pictures."""
    for name, (source, path, table) in TABLES.items():
        path.write_text(told(path.read_text(), name, table(load(source))))
    with tempfile.TemporaryDirectory() as folder:
        for source, target, chosen in PICTURES:
            drawn = sorted(chosen(load(source)), key=lambda row: str(row["arm"]))
            shutil.copy(draw_overview(drawn, Path(folder)), target)
        for scene, rows in groups(load(ROBUSTNESS), SCENE).items():
            for error in SIZED:
                if picture := draw_robustness(scene, rows, error, Path(folder)):
                    shutil.copy(picture, ROOT / "docs" / f"robustness_{error}.png")


if __name__ == "__main__":
    main()
