"""What goes into the JSON of every measurement, beside what was measured."""

from __future__ import annotations

from typing import Any

from fmac_ros.bench.about import load, machine, now
from fmac_ros.cli import result


def about() -> dict[str, Any]:
    """When, where, with what and beside which load it was made."""
    where = {"date": now(), "machine": machine(), "load_average": load()}
    return {**where, "commit": result.commit(), "versions": result.versions()}
