"""prior_server with a model behind an HTTP server: it answers, and survives one that hangs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_server import ChatServer, chat_server, hang, redness, say, status
from lifecycle_msgs.srv import GetState
from rclpy.task import Future
from tiny_priors import save_tiny_priors

from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.priors.errors import is_busy
from fmac_ros.ros import names
from fmac_ros.ros.pictures import pictures_to_msgs
from fmac_ros.srv import DetectSuccess, EstimateValue

TASK = "press the red button"
DEADLINE = 2.5  # s


@pytest.fixture
def model() -> Iterator[ChatServer]:
    """The server that the model is behind."""
    with chat_server() as server:
        yield server


class Client:
    """Asks a running prior_server whose value and success are behind ``model``."""

    def __init__(self, ros: Any, folder: Path, model: ChatServer) -> None:
        root = save_tiny_priors(folder / "priors")
        endpoint = (
            f"backend: endpoint, url: '{model.url}', model: big, retries: 1, deadline: {DEADLINE}"
        )
        spec = folder / "priors.yaml"
        spec.write_text(f"root: {root}\nvalue: {{{endpoint}}}\nsuccess: {{{endpoint}}}\n")
        ros.add(PriorServer, priors=str(spec))
        self.ros, self._node = ros, ros.node()
        self._clients = {
            kind: self._node.create_client(kind, name)
            for kind, name in (
                (EstimateValue, names.ESTIMATE_VALUE),
                (DetectSuccess, names.DETECT_SUCCESS),
                (GetState, "prior_server/get_state"),
            )
        }
        for client in self._clients.values():
            assert ros.spin_until(client.service_is_ready)
        ros.spin_for(0.3)  # the server may not have found the client's side yet

    def send(self, kind: Any) -> Future:
        """Ask, without waiting."""
        request = kind.Request()
        if kind is not GetState:
            request.task, request.pictures = TASK, pictures_to_msgs(pictures())
        return self._clients[kind].call_async(request)

    def ask(self, kind: Any, timeout: float = 20.0) -> Any:
        """Ask, and wait for the answer."""
        future = self.send(kind)
        assert self.ros.spin_until(future.done, timeout), f"{kind.__name__} is not answered"
        return future.result()


def pictures() -> np.ndarray:
    """Two pictures, a black and a red one."""
    out = np.zeros((2, 64, 128, 3), np.uint8)
    out[1, ..., 0] = 255
    return out


@pytest.fixture
def client(ros: Any, tmp_path: Path, model: ChatServer) -> Client:
    return Client(ros, tmp_path, model)


def test_a_model_behind_a_server_answers(client: Client, model: ChatServer) -> None:
    model.script = [redness]
    value = client.ask(EstimateValue)
    assert value.ok, value.error
    assert list(value.values) == [0.0, 1.0]
    assert value.model == "big" and value.version.startswith("endpoint-")
    model.script = [say("Yes")]
    success = client.ask(DetectSuccess)
    assert success.ok, success.error
    assert list(success.successes) == [True, True] and success.threshold == 0.5


def test_a_hanging_model_leaves_the_node_responsive(client: Client, model: ChatServer) -> None:
    client.ask(EstimateValue)  # the priors are loaded from here on
    model.script = [hang]
    start = time.monotonic()
    waiting = client.send(DetectSuccess)
    for _ in range(3):
        assert client.ask(GetState, timeout=DEADLINE).current_state.label == "active"
    assert not waiting.done() and time.monotonic() - start < DEADLINE
    assert client.ros.spin_until(waiting.done, DEADLINE + 2.0)
    answer = waiting.result()
    assert not answer.ok
    assert f"no complete answer from {model.url[:-3]} within the deadline" in answer.error
    model.script = [say("no")]
    again = client.ask(DetectSuccess)
    assert again.ok and list(again.successes) == [False, False]


def test_what_the_model_cannot_answer_is_refused(client: Client, model: ChatServer) -> None:
    for behaviour, complaint, may_pass in (
        (say("perhaps"), "model 'big': the answer is neither yes nor no: perhaps", False),
        (status(404, '{"error": {"message": "no model big"}}'), "HTTP 404: no model big", False),
        (status(503), "HTTP 503", True),  # then the trainer asks again instead of giving up
    ):
        model.script = [behaviour]
        answer = client.ask(DetectSuccess)
        assert not answer.ok and complaint in answer.error
        assert is_busy(answer.error) == may_pass
        assert not answer.scores and not answer.successes
