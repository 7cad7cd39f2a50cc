"""The tables of results say what the stored rows say."""

from __future__ import annotations

from pathlib import Path

import pytest
import result_tables
import tell_results


@pytest.mark.parametrize("name", tell_results.TABLES)
def test_a_table_is_the_one_of_its_rows(name: str) -> None:
    source, path, table = tell_results.TABLES[name]
    text = path.read_text()
    assert tell_results.told(text, name, table(tell_results.load(source))) == text


@pytest.mark.parametrize(
    "source",
    sorted({source for source, _, _ in tell_results.TABLES.values()}),
)
def test_every_row_says_how_it_is_repeated(source: Path) -> None:
    for row in tell_results.load(source):
        assert row["about"]["command"].startswith("fmac bench learning ")
        assert row["about"]["commit"] and row["about"]["date"] and row["about"]["versions"]
        assert row["curve"][-1]["successes"] == row["successes"]
        assert row["signal"] != "ground truth" or "oracle" in row["priors"]


def test_comments_that_are_missing_are_named() -> None:
    with pytest.raises(ValueError, match="no <!-- x --> and <!-- end of x -->"):
        tell_results.told("<!-- x -->\nopen", "x", "table")


def test_baselines_stand_beside_ours_with_steps_to_90_or_what_they_had() -> None:
    def row(algorithm: str, seed: int, successes: int, reached: int | None, arm: str = "panda"):
        curve = [{"env_steps": steps, "successes": successes} for steps in (2_000, 4_000)]
        counts = {"successes": successes, "episodes": 50, "env_steps_to_90": reached}
        scene = {"task": "reach", "arm": arm, "priors": "learned", "env_steps": 4_020}
        return {"algorithm": algorithm, "seed": seed, "curve": curve, **scene, **counts}

    table = result_tables.beside_table(
        [
            *(row("fmac", 0, 49, 2_000), row("fmac", 0, 49, 4_000), row("fmac", 1, 48, 4_000)),
            *(row("bc", 0, 50, 2_000), row("bc", 1, 20, None)),
            row("fac+kl_weight=informed", 0, 46, 4_000),
            row("fmac", 0, 50, 2_000, arm="ur5e"),  # has no baseline
        ]
    )
    *_, line = table.splitlines()
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    assert cells == ["**2,000 to 4,000**", "**4,000**", "20 of 50 at 4,000", "", "", ""]
    assert "UR5e" not in table
