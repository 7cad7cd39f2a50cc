"""Action-free videos of Meta-World: every kind of person, annotated by the truth, repeatable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("metaworld", reason="Meta-World is not installed (docs/metaworld.md)")

from fmac_ros.metaworld import demonstrator, videos  # noqa: E402
from fmac_ros.metaworld.demonstrator import KINDS, Demonstrator  # noqa: E402
from fmac_ros.metaworld.videos import MetaWorldVideoRenderer  # noqa: E402
from fmac_ros.metaworld.world import MetaWorld  # noqa: E402
from fmac_ros.priors.pretrain.videos import read_pictures, read_table  # noqa: E402
from fmac_ros.sim.videos import render_shard  # noqa: E402

SIZE = 32


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "PICTURE_SIZE", SIZE)


@pytest.fixture(scope="module")
def world() -> Iterator[MetaWorld]:
    found = MetaWorld("press the red button down", SIZE)
    yield found
    found.close()


def show(world: MetaWorld, kind: str, seed: int, need: int = 30) -> list[bool]:
    world.reset(seed)
    person = Demonstrator(world, np.random.default_rng(seed), speed=1.0, need=need)
    return [world.ground_truth() for _ in person.show(kind)]


@pytest.mark.parametrize("kind", ["expert", "recover"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_can_does_it_and_stays_a_while(world: MetaWorld, kind: str, seed: int) -> None:
    solved = show(world, kind, seed)
    assert any(solved) and 4 <= len(solved) - solved.index(True) <= 9


def test_who_nearly_does_it_does_not() -> None:
    bins = MetaWorld("put the green block into the blue bin", SIZE)
    try:
        assert not any(any(show(bins, "near_miss", seed, need=54)) for seed in range(6))
    finally:
        bins.close()


def test_who_nearly_presses_the_button_seldom_does(world: MetaWorld) -> None:
    # Who takes the button to be lower than it is may press it all the same.
    done = [any(show(world, "near_miss", seed, need=20)) for seed in range(10)]
    assert sum(done) <= 3


def test_who_recovers_from_a_miss_goes_all_the_way_to_it_first(
    world: MetaWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demonstrator, "MISSED_FIRST", 1.0)
    missed = show(world, "recover", seed=1)
    assert any(missed) and missed.index(True) > show(world, "expert", seed=1).index(True) + 10


def test_play_is_short_and_other_kinds_are_refused(world: MetaWorld) -> None:
    assert 18 <= len(show(world, "random", seed=0)) <= 37
    with pytest.raises(ValueError, match="kind is 'lazy', valid: expert"):
        show(world, "lazy", seed=0)


def test_a_shard_is_read_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "shard_00000.safetensors"
    tasks = ("drawer-open", "door-unlock")
    frames = render_shard(path, "sawyer", tasks, range(4), MetaWorldVideoRenderer)
    table, pictures = read_table(tmp_path), read_pictures(path)
    assert len(table) == frames and pictures.shape == (frames, SIZE, 2 * SIZE, 3)
    assert [info.task for info in table.infos] == list(tasks) * 2
    assert {info.kind for info in table.infos} <= set(KINDS)
    for index, info in enumerate(table.infos):
        assert table.solved[table.video == index].any() or info.kind not in ("expert", "recover")


def test_the_same_seed_is_the_same_video_and_another_arm_is_refused() -> None:
    renderer = MetaWorldVideoRenderer()
    try:
        first, again = (renderer.video("window-close", 5) for _ in range(2))
    finally:
        renderer.close()
    assert first[0] == again[0]
    np.testing.assert_array_equal(first[1], again[1])
    np.testing.assert_array_equal(first[2], again[2])
    with pytest.raises(ValueError, match="arm is 'panda', valid in Meta-World: sawyer"):
        MetaWorldVideoRenderer("panda")
