"""``fmac bench server`` with a real node in a process of its own, on a small scale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_priors import save_tiny_priors

from fmac_ros.cli.main import main


@pytest.mark.slow
def test_measures_server_and_bare_models(tmp_path: Path) -> None:
    priors, result = save_tiny_priors(tmp_path / "priors"), tmp_path / "result.json"
    words = f"bench server --priors {priors} --size 0 --batch 12 --repeats 2 --singles 3"
    assert main([*words.split(), "--json", str(result)]) == 0
    rows = json.loads(result.read_text())["rows"]
    asked = [(row["prior"], row["batch"], row["concurrent"]) for row in rows]
    assert asked == [(p, *n) for p in ("value", "success") for n in ((12, 1), (1, 12), (1, 1))]
    for row in rows:
        assert row["server_per_s"] > 0 and row["bare_per_s"] > 0 and row["picture"] == [64, 128]
        assert row["ratio"] == pytest.approx(row["server_per_s"] / row["bare_per_s"])
