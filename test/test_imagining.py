"""Which imagined frame stands for the next state, in a world where videos run along a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from fmac_ros.priors.imagining import (
    ImagineConfig,
    Nearest,
    Targets,
    Video,
    every_step,
    make_targets,
    noise_seed,
    once,
)

FRAMES, STEP, LOOK_AHEAD = 8, 2, 2  # a video moves 2 to the right per frame


class LineWorld:
    """Pictures are places (x, y); a video goes on to the right of the place it starts at."""

    def __init__(self, places: Sequence[tuple[int, int]]) -> None:
        self.pictures = np.zeros((len(places), 1, 1, 3), np.uint8)
        self.pictures[:, 0, 0, :2] = places
        self.asked: list[tuple[int, int, tuple[int, ...]]] = []  # first state, states, frames

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """(n, 1, 1, 3) -> (n, 2, 1, 1)."""
        return pictures[:, 0, 0, :2, None, None].astype(np.float16)

    def ask(self, states: slice, frames: Sequence[int]) -> np.ndarray:
        """``imagining.Ask``."""
        self.asked.append((states.start, states.stop - states.start, tuple(frames)))
        shown = np.array(frames or range(1, FRAMES + 1))
        video = self.encode(self.pictures[states])[:, None].repeat(len(shown), 1)
        video[:, :, 0, 0, 0] += (STEP * shown).astype(np.float16)
        return video

    def targets(self, choose: Targets) -> list[float]:
        """x of every target; y stays that of the video."""
        found = choose(self.pictures, LOOK_AHEAD, self.ask)
        assert found.shape == (len(self.pictures), 2, 1, 1) and found.dtype == np.float16
        return found[:, 0, 0, 0].tolist()

    def nearest(self, threshold: float = 2.0) -> list[float]:
        """x of every target of ``nearest``."""
        return self.targets(Nearest(self, threshold))  # type: ignore[arg-type]

    @property
    def starts(self) -> list[int]:
        """The states that were imagined from."""
        return [first for first, _, _ in self.asked]


def along(*xs: int) -> LineWorld:
    return LineWorld([(x, 0) for x in xs])


def test_every_step_asks_once_for_one_frame_of_each_state() -> None:
    world = along(0, 10, 5)
    assert world.targets(every_step) == [4, 14, 9]
    assert world.asked == [(0, 3, (LOOK_AHEAD,))]


def test_once_follows_the_clock_and_stays_on_the_last_frame() -> None:
    world = along(*[0] * 10)  # the robot does not move at all
    assert world.targets(once) == [4, 6, 8, 10, 12, 14, 16, 16, 16, 16]
    assert world.asked == [(0, 1, ())]


def test_nearest_waits_for_a_robot_that_is_slower_than_the_clock() -> None:
    world = along(0, 0, 2, 2, 4, 4, 6)  # half as fast as the video
    assert world.nearest() == [4, 4, 6, 6, 8, 8, 10]
    assert world.targets(once) == [4, 6, 8, 10, 12, 14, 16]
    assert world.starts == [0, 0]  # one video each


def test_a_robot_that_keeps_up_gets_a_new_video_at_the_end() -> None:
    world = along(*range(0, 20, STEP))
    assert world.nearest() == [x + 4 for x in range(0, 20, STEP)]
    assert world.starts == [0, FRAMES - LOOK_AHEAD + 1]


def test_a_rollout_that_leaves_the_video_gets_a_new_one_from_there() -> None:
    world = LineWorld([(0, 0), (2, 0), (2, 50), (4, 50)])
    assert world.nearest() == [4, 6, 6, 8]
    assert world.starts == [0, 2]


@pytest.mark.parametrize(("threshold", "starts"), [(2.0, [0, 1]), (3.0, [0])])
def test_the_threshold_counts_in_steps_of_the_video(threshold: float, starts: list[int]) -> None:
    world = LineWorld([(0, 0), (2, 5)])  # 2.5 steps beside frame 1
    assert world.nearest(threshold) == [4, 6]
    assert world.starts == starts


def test_a_video_that_stands_still_is_left_at_once() -> None:
    start = np.zeros((2, 1, 1), np.float16)
    still = Video(start, np.zeros((FRAMES, 2, 1, 1), np.float16))
    assert still.nearest(start) == (0, 0.0)
    assert np.isfinite(still.nearest(start + 1)[1]) and still.nearest(start + 1)[1] > 100


def test_settings_choose_the_targets_and_wrong_ones_are_named() -> None:
    encoder = along(0)
    assert make_targets({"task": "press"}, encoder) is every_step  # type: ignore[arg-type]
    assert make_targets({"imagine": "once"}, encoder) is once  # type: ignore[arg-type]
    assert isinstance(make_targets({"imagine": "nearest"}, encoder), Nearest)  # type: ignore[arg-type]
    for name, value, valid in [
        ("imagine", "twice", "every_step, once, nearest"),
        ("imagine_threshold", -1.0, "at least 0"),
        ("imagine_threshold", float("nan"), "finite"),
        ("look_ahead", 0, "at least 1"),
    ]:
        with pytest.raises(ValueError, match=f"{name} is .*{valid}"):
            ImagineConfig(**{name: value})  # type: ignore[arg-type]


def test_videos_of_one_episode_have_noise_of_their_own() -> None:
    assert noise_seed(0, "e1") == noise_seed(0, "e1", 0) != noise_seed(0, "e1", 3)
    assert noise_seed(0, "e1", 3) == noise_seed(0, "e1/3")  # as where the arm acts by it
