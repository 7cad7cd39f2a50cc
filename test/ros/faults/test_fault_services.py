"""Hostile requests to a running graph: huge, strange, or very many."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from rig import PATIENCE, TASK, mostly_slow

from fmac_ros.action import Rollout
from fmac_ros.ros.fault_desk import until
from fmac_ros.srv import Reset

STRANGE = {
    "huge": "x" * 1_000_000,
    "path": "../../../../tmp/fmac_was_here",
    "nothing": "",
    "control": "a\x07\n\u202e%s{0}",
}


@pytest.mark.parametrize("kind", mostly_slow(STRANGE, "huge", "path"))
def test_strange_words_move_nothing_and_name_no_file(moving, kind):
    text = STRANGE[kind]
    desk = moving.desk
    answer = desk.call(desk.resetting, Reset.Request(seed=1, split=text, task=TASK))
    assert answer is not None and not answer.ok and len(answer.message) < 2000
    answer = desk.call(desk.resetting, Reset.Request(seed=1, split="train", task=text))
    assert answer is not None and not answer.ok and len(answer.message) < 2000
    goal = Rollout.Goal(episode_id=text, task=text, behaviour="random", horizon=3)
    handle = desk.rollouts.send_goal_async(goal)
    assert until(handle.done, PATIENCE)
    result = handle.result().get_result_async()
    assert until(result.done, PATIENCE)
    assert not Path("/tmp/fmac_was_here").exists()
    moving.roll()
    assert moving.moves()


def test_a_flood_of_requests_delays_and_breaks_nothing(moving):
    desk = moving.desk
    end = time.monotonic() + 2.0
    futures = []
    while time.monotonic() < end:
        futures.append(desk.resetting.call_async(Reset.Request(split="nowhere", task=TASK)))
        bad = Rollout.Goal(episode_id="flood", task=TASK, behaviour="fly", horizon=1)
        desk.rollouts.send_goal_async(bad)
        time.sleep(0.005)
    assert until(lambda: futures[-1].done() or not futures, PATIENCE)
    moving.roll()
    assert moving.moves()
