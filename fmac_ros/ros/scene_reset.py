"""How the objects of a real cell come into their initial state."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.client import Client
from rclpy.node import Node

from fmac_ros.ros import names
from fmac_ros.ros.calls import Caller, Refused
from fmac_ros.ros.person import Person
from fmac_ros.settings import PAIRED, PERSON, SERVICE
from fmac_ros.srv import Reset

SERVER_PATIENCE = 30.0  # [s]

ResetScene = Callable[[Reset.Request, Caller], None]


def scene_reset(kind: str, node: Node, person: Person, timeout: float) -> ResetScene:
    """What sets the objects up for a request; it raises Refused or Unanswered where it cannot.

    Args:
        kind: one of settings.SCENE_RESETS.
        timeout: for the service ``reset_scene`` to answer [s].
    """
    if kind == PERSON:
        return lambda request, caller: person.ask(
            f"set the objects up for {request.task!r} and step back (layout {request.seed})", caller
        )
    if kind == SERVICE:
        return _Service(node, timeout)
    assert kind in (PAIRED, "none"), kind
    return lambda request, caller: None


class _Service:
    """A cell that can set itself up: it answers ``reset_scene`` as a simulator does ``reset``."""

    def __init__(self, node: Node, timeout: float) -> None:
        self._client: Client = node.create_client(Reset, names.RESET_SCENE)
        self._timeout = timeout

    def __call__(self, request: Reset.Request, caller: Caller) -> None:
        what = f"the service {names.RESET_SCENE}"
        caller.await_ready(self._client.service_is_ready, what, SERVER_PATIENCE)
        caller.tell(f"waiting for {what}")
        response = caller.call(self._client, request, self._timeout)
        if not response.ok:
            raise Refused(f"{names.RESET_SCENE} refused: {response.message}")
