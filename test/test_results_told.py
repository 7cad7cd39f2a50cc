"""The tables of results say what the stored rows say."""

from __future__ import annotations

from pathlib import Path

import pytest
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
