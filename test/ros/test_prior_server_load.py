"""prior_server under load: batches, bounds, deadlines, cancellation, several arms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from rcl_interfaces.srv import GetParameters
from scripted_priors import means, pictures_of
from scripted_server import Client, Server

from fmac_ros.action import GenerateVideo
from fmac_ros.ros import diagnostics, names

Start = Callable[..., Server]


@pytest.fixture
def start(ros: Any, tmp_path: Path) -> Iterator[Start]:
    """Starts a server whose priors are let go at the end of the test."""
    servers: list[Server] = []

    def make(**options: Any) -> Server:
        servers.append(Server(ros, tmp_path, **options))
        return servers[-1]

    yield make
    for server in servers:
        server.release()


def occupy(ros: Any, server: Server) -> Any:
    """A request that keeps the value prior busy until it is opened."""
    server.value.open.clear()
    first = server.client.value(pictures_of(1, 99))
    assert ros.spin_until(lambda: server.value.asked)
    return first


def test_requests_that_wait_together_are_one_call(ros: Any, start: Start) -> None:
    server = start(max_batch=8)
    client, first = server.client, occupy(ros, server)
    stacks = [pictures_of(1 + n % 2, n) for n in range(12)]
    waiting = [client.value(stack) for stack in stacks]
    other = client.value(pictures_of(1, 50), "open the drawer")
    assert ros.spin_until(lambda: server.number("value waiting") == 13)
    server.release()
    for future, stack in zip(waiting, stacks, strict=True):
        answer = client.answer(future)
        assert answer.ok and answer.model == "scripted"
        np.testing.assert_allclose(answer.values, means(stack), rtol=1e-6)
    assert client.answer(first).ok and client.answer(other).ok
    counts = [count for count, _ in server.value.asked]
    assert sum(counts) == 1 + 18 + 1 and max(counts) == 8 and len(counts) <= 5
    assert ros.spin_until(lambda: server.number("value calls") == len(counts))


def test_a_full_queue_refuses_at_once(ros: Any, start: Start) -> None:
    server = start(max_queue=2)
    client, first = server.client, occupy(ros, server)
    waiting = [client.value(pictures_of(1, n)) for n in range(2)]
    assert ros.spin_until(lambda: server.number("value waiting") == 2)
    refused = client.answer(client.value(pictures_of(1, 3)))
    assert not refused.ok and not list(refused.values)
    assert refused.error == "busy: 2 value requests wait already; ask again later"
    assert not first.done() and not any(future.done() for future in waiting)
    assert ros.spin_until(lambda: server.number("refused") == 1)
    server.release()
    assert all(client.answer(future).ok for future in (first, *waiting))


def test_a_hanging_prior_is_told_of_and_the_others_go_on(ros: Any, start: Start) -> None:
    server = start(deadline=0.6)
    client, first = server.client, occupy(ros, server)
    late = client.value(pictures_of(1, 1))
    assert client.answer(client.success(pictures_of(2))).ok
    assert client.answer(client.video(pictures_of(1)).get_result_async()).result.ok
    for future in (first, late):
        answer = client.answer(future)
        assert answer.error == "busy: no value answer within the deadline of 0.6 s"
    assert ros.spin_until(lambda: server.level == diagnostics.ERROR)
    assert server.message == "no answer within the deadline from the priors value"
    assert ros.spin_until(lambda: server.number("expired") == 2)
    server.release()
    assert client.answer(client.value(pictures_of(1, 2))).ok
    assert [count for count, _ in server.value.asked] == [1, 1]  # nothing for the late one
    assert ros.spin_until(lambda: server.level == diagnostics.OK)


def test_verdicts_do_not_wait_for_a_video_and_the_node_answers(ros: Any, start: Start) -> None:
    server, shares = start(), []
    client = server.client
    server.video.open.clear()
    # An action client drops the feedback that comes after the result; its topic does not.
    client.node.create_subscription(
        GenerateVideo.Impl.FeedbackMessage,
        f"{names.GENERATE_VIDEO}/_action/feedback",
        lambda message: shares.append(message.feedback.progress),
        10,
    )
    result = client.video(pictures_of(1)).get_result_async()
    assert ros.spin_until(lambda: shares)
    assert client.answer(client.value(pictures_of(1))).ok
    assert client.answer(client.success(pictures_of(1))).ok
    asker = client.node.create_client(GetParameters, "/prior_server/get_parameters")
    assert ros.spin_until(asker.service_is_ready)
    ros.spin_for(0.3)
    got = client.answer(asker.call_async(GetParameters.Request(names=["max_batch"])))
    assert got.values[0].integer_value == 64 and not result.done()
    server.release()
    assert client.answer(result).result.ok
    assert ros.spin_until(lambda: shares == sorted(shares) and shares[-1] == 1.0)


def test_videos_are_cancelled_in_the_queue_and_under_way(ros: Any, start: Start) -> None:
    server, shares = start(), []
    client = server.client
    server.video.open.clear()
    running = client.video(pictures_of(1), shares)
    assert ros.spin_until(lambda: shares)
    queued = client.video(pictures_of(2))
    assert ros.spin_until(lambda: server.number("video waiting") == 1)
    for handle in (queued, running):
        client.answer(handle.cancel_goal_async())
        answer = client.answer(handle.get_result_async())
        assert answer.status == GoalStatus.STATUS_CANCELED
        assert "cancelled by the client" in answer.result.error
    server.release()
    again = client.answer(client.video(pictures_of(1)).get_result_async())
    assert again.status == GoalStatus.STATUS_SUCCEEDED
    assert [count for count, _ in server.video.asked] == [1, 1]  # never the queued one
    assert max(shares) < 0.5


def test_known_pictures_are_answered_from_memory(ros: Any, start: Start) -> None:
    server = start()
    client = server.client
    first, second = (client.answer(client.value(pictures_of(2))) for _ in range(2))
    assert list(first.values) == list(second.values) and len(server.value.asked) == 1
    assert client.answer(client.success(pictures_of(2))).ok and len(server.success.asked) == 1
    assert ros.spin_until(lambda: server.number("cache hits") == 2)


def test_the_cache_can_be_switched_off(start: Start) -> None:
    server = start(cache_size=0)
    for _ in range(2):
        assert server.client.answer(server.client.value(pictures_of(1))).ok
    assert len(server.value.asked) == 2


def test_exhausted_memory_is_survived(start: Start) -> None:
    server = start()
    server.value.fits = 3
    client, pictures = server.client, pictures_of(10)
    answer = client.answer(client.value(pictures))
    assert answer.ok, answer.error
    np.testing.assert_allclose(answer.values, means(pictures), rtol=1e-6)
    server.value.fits = 0
    refused = client.answer(client.value(pictures_of(1, 5)))
    assert not refused.ok and "ran out of memory on a single picture" in refused.error
    server.value.fits = 3
    assert client.answer(client.value(pictures_of(1, 5))).ok


def test_two_arms_share_a_server_and_none_starves(ros: Any, start: Start) -> None:
    server = start(namespace="shared", max_batch=4, cache_size=0)
    greedy, modest = server.client, Client(ros, "arm", "arm2")
    server.value.open.clear()
    long = [greedy.value(pictures_of(40, n)) for n in range(3)]
    assert ros.spin_until(lambda: server.number("value waiting") == 2)
    short = modest.value(pictures_of(2, 9), "open the drawer")
    assert ros.spin_until(lambda: server.number("value waiting") == 3)
    server.release()
    assert list(modest.answer(short).values) == pytest.approx(means(pictures_of(2, 9)))
    for n, future in enumerate(long):
        np.testing.assert_allclose(
            greedy.answer(future).values, means(pictures_of(40, n)), rtol=1e-6
        )
    turns = [sentence for _, sentence in server.value.asked]
    assert turns.index("open the drawer") <= 4  # not behind the thirty turns of the long ones
