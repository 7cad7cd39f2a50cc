"""Joining by stamp."""

from __future__ import annotations

from fmac_ros.ros.joiner import Joiner

MS = 1_000_000


def test_joins_in_any_order_of_arrival() -> None:
    for order in (("front", "side", "joints"), ("joints", "side", "front")):
        joiner: Joiner[str] = Joiner(("front", "side", "joints"))
        *first, last = order
        assert [joiner.add(source, 5, source) for source in first] == [None, None]
        joined = joiner.add(last, 5, last)
        assert joined == {"front": "front", "side": "side", "joints": "joints"}


def test_exact_means_exact() -> None:
    joiner: Joiner[int] = Joiner(("front", "joints"))
    assert joiner.add("joints", 4, 1) is None
    assert joiner.add("front", 5, 2) is None
    assert joiner.unmatched() == ["joints"]
    assert joiner.add("joints", 5, 3) == {"front": 2, "joints": 3}
    assert joiner.unmatched() == []


def test_takes_the_nearest_within_the_slop() -> None:
    joiner: Joiner[int] = Joiner(("front", "joints"), slop=20 * MS)
    for stamp in (0, 10, 20, 30):
        joiner.add("joints", stamp * MS, stamp)
    assert joiner.add("front", 22 * MS, -1) == {"front": -1, "joints": 20}
    assert joiner.add("front", 60 * MS, -2) is None


def test_one_observation_per_reference() -> None:
    joiner: Joiner[int] = Joiner(("front", "joints"), slop=20 * MS)
    joiner.add("joints", 0, 0)
    assert joiner.add("front", 1, 1) is not None
    assert joiner.add("joints", 2, 2) is None


def test_a_repeated_state_joins_again_and_heals_a_loss() -> None:
    joiner: Joiner[str] = Joiner(("front", "side"))
    joiner.add("front", 5, "first")  # its side was lost
    assert joiner.add("front", 5, "again") is None
    assert joiner.add("side", 5, "again") == {"front": "again", "side": "again"}
    assert joiner.add("front", 5, "third") == {"front": "third", "side": "again"}


def test_a_clock_that_goes_back_forgets_the_old_run() -> None:
    joiner: Joiner[str] = Joiner(("front", "side"), slop=1000)
    joiner.add("side", 900, "old")
    joiner.add("front", 900, "old")
    joiner.add("front", 100, "new")
    assert joiner.unmatched() == ["side"]
    assert joiner.add("side", 100, "new") == {"front": "new", "side": "new"}


def test_memory_is_bounded() -> None:
    joiner: Joiner[int] = Joiner(("front", "joints"))
    for i in range(10_000):
        joiner.add("joints", i, i)
        joiner.add("front", i * 2_000_000_000, i)
    assert all(len(kept) <= 1024 for kept in joiner._kept.values())
