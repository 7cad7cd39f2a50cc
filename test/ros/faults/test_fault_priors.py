"""A prior server that is dead, slow, late or talks nonsense, while its video is followed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from rig import PATIENCE, mostly_slow

from fmac_ros.action import GenerateVideo
from fmac_ros.control import gate as gates
from fmac_ros.ros import names
from fmac_ros.ros.conversions import floats_to_field
from fmac_ros.ros.fault_desk import until

SHAPE = (1, 1, 8, 8, 16)


class ScriptedVideo:
    """A server of imagined frames that answers as a test tells it.

    Attributes:
        delay: before each answer [s].
        spoil: changes an answer.
    """

    def __init__(self, node):
        self.delay = 0.0
        self.spoil = lambda result: None
        self.asked = 0
        self._node = node
        self._server = ActionServer(
            node,
            GenerateVideo,
            names.GENERATE_VIDEO,
            execute_callback=self._on_goal,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
            callback_group=ReentrantCallbackGroup(),
        )

    async def _on_goal(self, goal):
        self.asked += 1
        if self.delay:
            await self._pause(self.delay)
        result = GenerateVideo.Result(ok=True, shape=SHAPE)
        latents = np.random.default_rng(self.asked).normal(size=SHAPE)
        result.latents = floats_to_field(latents)
        self.spoil(result)
        goal.succeed()
        return result

    async def _pause(self, seconds):
        over = Future()
        timer = self._node.create_timer(seconds, lambda: over.done() or over.set_result(None))
        await over
        timer.cancel()

    def close(self):
        if self._server is not None:
            self._server.destroy()
        self._server = None


@pytest.fixture
def following(rig):
    """An episode that follows a scripted video, and the server of it."""
    server = ScriptedVideo(rig.desk.node)
    rig.publish_policy([0.0, 0.4, 0.0])
    time.sleep(0.5)
    handle = rig.roll("prior")
    assert until(lambda: server.asked > 5, PATIENCE)
    yield rig, server, handle
    until(handle.cancel_goal_async().done, PATIENCE)
    server.close()


def _ends(handle, text):
    """Whether the episode ends, aborted with this reason."""
    result = handle.get_result_async()
    assert until(result.done, PATIENCE)
    return not result.result().result.ok and text in result.result().result.error


def test_a_slow_prior_holds_the_arm(following, since):
    rig, server, _ = following
    seen = since()
    server.delay = 0.8
    seen.held(gates.SILENCE, within=2.5)
    seen.held(gates.STALE_OBSERVATION, within=2.5)
    server.delay = 0.0
    asked = server.asked
    assert until(lambda: server.asked > asked + 5, PATIENCE)
    assert rig.desk.recorder.reason == ""


NONSENSE = {
    "no_numbers": lambda result: result.latents.__setitem__(7, float("nan")),
    "wrong_shape": lambda result: setattr(result, "shape", (1, 1, 2, 2, 2)),
    "other_frames": lambda result: setattr(result, "shape", (1, 2, 8, 8, 8)),
    "an_error": lambda result: (setattr(result, "ok", False), setattr(result, "error", "broken")),
}


@pytest.mark.parametrize("kind", mostly_slow(NONSENSE, "no_numbers"))
def test_a_nonsensical_prior_ends_the_episode(following, since, kind):
    rig, server, handle = following
    seen = since()
    server.spoil = NONSENSE[kind]
    assert _ends(handle, names.GENERATE_VIDEO)
    seen.rests(within=2.0)


def test_a_dead_prior_ends_the_episode(following, since):
    rig, server, handle = following
    seen = since()
    server.close()
    assert _ends(handle, "prior_server")
    seen.rests(within=2.5)


def test_the_video_of_an_earlier_episode_is_not_followed(following, since):
    rig, server, _ = following
    seen = since()
    server.delay = 2.5
    seen.held(gates.SILENCE, within=2.5)
    commands = len(rig.desk.recorder.command_times)
    handle = rig.roll("random", horizon=20)  # the answer comes while it runs
    result = handle.get_result_async()
    assert until(result.done, PATIENCE)
    assert result.result().result.ok and result.result().result.steps == 20
    time.sleep(0.5)
    assert len(rig.desk.recorder.command_times) == commands + 20, "one for each observation"
