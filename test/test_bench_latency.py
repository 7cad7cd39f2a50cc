"""Commands find the observations that they answer."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.bench.latency.pairing import Heard, latencies, rows_of, table


def _steady(count: int, delay: float) -> Heard:
    """A graph that takes 10 ms to an observation and ``delay`` [s] from there to its command."""
    heard = Heard()
    for step in range(count):
        stamp = 1000.0 + 0.1 * step
        heard.observations[stamp] = stamp + 0.01
        heard.commands.append(stamp + 0.01 + delay)
        heard.transitions.append((stamp + 0.011 + delay, stamp))
    return heard


def test_stages_add_up() -> None:
    found = latencies(_steady(200, 0.03))
    assert found.shape == (200, 3)
    np.testing.assert_allclose(found, np.tile([0.01, 0.03, 0.04], (200, 1)), atol=1e-6)
    rows = rows_of(found)
    assert rows[-1]["p99_ms"] == pytest.approx(40.0, abs=0.01) and "40.0" in table(rows)


def test_a_command_later_than_a_period_is_still_its_own() -> None:
    assert latencies(_steady(50, 0.25))[:, 2].max() == pytest.approx(0.26)


def test_what_has_no_answer_does_not_count() -> None:
    heard = _steady(3, 0.03)
    del heard.commands[1]
    heard.transitions.append((2000.0, 1999.0))
    assert len(latencies(heard)) == 2
    with pytest.raises(RuntimeError, match="2 commands were timed"):
        rows_of(latencies(heard))
