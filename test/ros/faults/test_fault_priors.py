"""A prior server that is dead, slow, late or talks nonsense, while its video is followed."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import numpy as np
import pytest
import rclpy
from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from rig import ATTEMPTS, PATIENCE, mostly_slow

from fmac_ros.action import GenerateVideo
from fmac_ros.control import gate as gates
from fmac_ros.ros import names
from fmac_ros.ros.conversions import floats_to_field
from fmac_ros.ros.fault_desk import until

SHAPE = (1, 1, 8, 8, 16)


class ScriptedVideo:
    """A node of its own that imagines frames as a test tells it.

    Attributes:
        delay: before each answer [s].
        spoil: changes an answer.
    """

    def __init__(self, domain):
        self.delay = 0.0
        self.spoil = lambda result: None
        self.asked = 0
        self._context = rclpy.Context()
        no_handlers = SignalHandlerOptions.NO
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=no_handlers)
        self._node = rclpy.create_node("scripted_prior", context=self._context)
        ActionServer(
            self._node,
            GenerateVideo,
            names.GENERATE_VIDEO,
            execute_callback=self._on_goal,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
            callback_group=ReentrantCallbackGroup(),
        )
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self):
        executor = SingleThreadedExecutor(context=self._context)
        executor.add_node(self._node)
        with suppress(ExternalShutdownException):
            executor.spin()
        executor.shutdown(timeout_sec=1.0)

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
        if self._context.ok():
            rclpy.shutdown(context=self._context)
            self._thread.join(5.0)
            self._node.destroy_node()


@pytest.fixture(scope="module")
def server(graph):
    """The scripted server, which policy_node has heard; the last test ends it."""
    server = ScriptedVideo(graph.domain)
    graph.arm()
    # Asked again: who has just come up may not know the other's readers yet, and then a goal or
    # its answer is lost.
    assert any(_is_heard(graph, server) for _ in range(ATTEMPTS)), graph.log("policy_node")
    yield server
    server.close()


def _is_heard(graph, server):
    """Whether the server's answers reach an episode: it asks again only after an answer."""
    graph.publish_policy([0.0, 0.4, 0.0])
    asked = server.asked
    handle = graph.roll("prior")
    heard = until(lambda: server.asked > asked + 1, PATIENCE / ATTEMPTS)
    until(handle.cancel_goal_async().done, PATIENCE)
    return heard


@pytest.fixture
def following(rig, server):
    """An episode that follows a scripted video, and the server of it."""
    server.delay, server.spoil = 0.0, lambda result: None
    rig.publish_policy([0.0, 0.4, 0.0])
    asked = server.asked
    handle = rig.roll("prior")
    assert until(lambda: server.asked > asked + 5, PATIENCE), rig.log("policy_node")
    yield rig, server, handle
    until(handle.cancel_goal_async().done, PATIENCE)


def _ends(handle, text, patience=PATIENCE):
    """Whether the episode ends, aborted with this reason."""
    result = handle.get_result_async()
    assert until(result.done, patience)
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


@pytest.mark.slow
def test_a_dead_prior_ends_the_episode(following, since):
    rig, server, handle = following
    seen = since()
    server.close()
    seen.rests(within=2.5)
    assert _ends(handle, "prior_server", 2 * PATIENCE)  # 20 s if it had asked already
